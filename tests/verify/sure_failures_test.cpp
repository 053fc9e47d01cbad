// What whole cubes surely get wrong, against every pair of the cube by the reference forward pass.
#include "verify/sure_failures.h"

#include <gtest/gtest.h>

#include "tests/verify/brute_force.h"
#include "tests/verify/random_question.h"

namespace carryscope {
namespace {

using test::RandomQuestion;
using verify::Count;
using verify::count;
using verify::Semantics;

struct Claims {
  Count wrong = 0;
  bool throughout = false;
};

Claims claims(const RandomQuestion& r) {
  return test::upward([&] {
    const auto tail = verify::TailBounds::make(r.decoder, r.semantics, r.question.axes);
    return Claims{count_wrong(*tail, r.question, r.cube, r.output, r.target_token),
                  wrong_throughout(*tail, r.question, r.output.total, r.target_token, 64)};
  });
}

// Pairs of the cube with a margin below 1e-12 of the largest logit.
Count wrong_pairs(const RandomQuestion& r) {
  test::Evaluation<double> evaluation(r.decoder);
  Count wrong = 0;
  for (Count rank = 0; rank < count(r.cube); ++rank) {
    evaluation.run(nth_pair(r.cube, rank));
    const int step = r.question.step;
    wrong += evaluation.margin(step) < 1e-12 * evaluation.largest(step);
  }
  return wrong;
}

constexpr int kFewest = 150, kMost = 20 * kFewest;  // cases; more than the fewest where none says anything

void check(Semantics semantics) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  int partly = 0, throughout = 0;
  for (int i = 0; i < kFewest || ((partly == 0 || throughout == 0) && i < kMost); ++i) {
    model::testing::RandomModel wanted;
    wanted.digits = i % 10 == 0 ? 2 : 1;
    const RandomQuestion r = test::random_question(random, semantics, wanted);
    const Claims claim = claims(r);
    const Count wrong = wrong_pairs(r);
    ASSERT_LE(claim.wrong, wrong) << "case " << i << ", cube " << pattern(r.cube);
    if (claim.throughout) {
      ASSERT_EQ(verify::to_string(wrong), verify::to_string(count(r.cube))) << "case " << i;
    }
    partly += claim.wrong > 0 && claim.wrong < count(r.cube);
    throughout += claim.throughout;
  }
  EXPECT_GT(partly, 0);
  EXPECT_GT(throughout, 0);
}

TEST(SureFailures, AreFailuresOverTheReals) { check(Semantics::real); }
TEST(SureFailures, AreFailuresInFloat32) { check(Semantics::float32); }

}  // namespace
}  // namespace carryscope
