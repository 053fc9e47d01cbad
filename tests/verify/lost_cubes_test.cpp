// Lost cubes of models with random weights, against pairs taken at random and run by the reference forward
// pass.
#include "verify/lost_cubes.h"

#include <gtest/gtest.h>

#include "tests/verify/random_models.h"
#include "verify/random_pair.h"

namespace carryscope {
namespace {

using verify::Count;
using verify::Deadline;
using verify::Leaf;

constexpr int kDigits = 10, kModels = 8, kCubes = 30, kPairs = 40;
constexpr double kSeconds = 1.0;  // a model; fewer cubes where that is too short

std::vector<std::vector<Leaf>> lost(const model::Decoder& decoder) {
  verify::SearchAll searches(decoder, verify::Semantics::real, 1);
  searches.try_roots(Deadline(kSeconds));
  return lost_cubes(searches, Deadline(kSeconds), [](const auto&) { return true; });
}

// Sampled pairs that are right, beside how many may be by what the cubes claim.
struct Right {
  double found = 0.0, expected = 0.0, variance = 0.0;
};

void sample(const model::Decoder& decoder, int step, const Leaf& cube, std::mt19937_64& random,
            Right& right) {
  test::Evaluation<double> evaluation(decoder);
  const double share = static_cast<double>(cube.pairs - cube.wrong) / static_cast<double>(cube.pairs);
  for (int i = 0; i < kPairs; ++i) {
    evaluation.run(random_pair(cube.cube, random));
    right.found += evaluation.margin(step) > 1e-9 * evaluation.largest(step);
  }
  right.expected += kPairs * share;
  right.variance += kPairs * share * (1.0 - share);
}

void expect_disjoint(const std::vector<Leaf>& cubes) {
  for (std::size_t i = 0; i < cubes.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      ASSERT_EQ(verify::to_string(count(intersect(cubes[i].cube, cubes[j].cube))), "0");
    }
}

TEST(LostCubes, AreWrongButForSoManyPairs) {
  const std::uint64_t seed = test::fresh_seed();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  int counted = 0;
  for (int i = 0; i < kModels || (counted == 0 && i < 10 * kModels); ++i) {
    const model::Decoder decoder =
        model::testing::random_decoder(random, {.digits = kDigits, .weight = 0.25, .score_scale = 4.0});
    const auto by_step = lost(decoder);
    std::vector<Leaf> all;
    Right right;
    for (std::size_t step = 0; step < by_step.size(); ++step)
      for (const Leaf& cube : by_step[step]) {
        all.push_back(cube);
        counted += cube.wrong < cube.pairs;
        if (all.size() <= kCubes) sample(decoder, static_cast<int>(step), cube, random, right);
      }
    expect_disjoint(all);
    EXPECT_LE(right.found, right.expected + 6 * std::sqrt(right.variance) + 3) << "model " << i;
  }
  EXPECT_GT(counted, 0);
}

}  // namespace
}  // namespace carryscope
