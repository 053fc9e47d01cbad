// certify against ground truth: random models counted pair by pair. (Planted errors: tests/planted.)
#include "verify/certify.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/model/random_decoder.h"
#include "tests/planted/planted.h"
#include "tests/verify/brute_force.h"
#include "tests/verify/noisy_adder.h"

namespace carryscope {
namespace {

using model::Decoder;
using test::counted;
using test::Outcome;
using test::Truth;
using verify::Certification;
using verify::Count;
using verify::Semantics;
using verify::to_string;

std::uint64_t fresh_seed() {
  const char* fixed = std::getenv("CARRYSCOPE_SEED");
  return fixed ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
}

// What brute force says of the whole domain, in certify's terms; ties count as undecided.
struct Expected {
  Count wrong = 0, undecided = 0;
  std::vector<Count> first_failures, wrong_by_cascade, wrong_by_carries;
};

std::size_t carry_bits(model::Pair pair, int digits) {
  const auto c = model::carries(pair, digits);
  std::size_t bits = 0;
  for (int i = 1; i <= digits; ++i)
    bits |= static_cast<std::size_t>(c[static_cast<std::size_t>(i)]) << (i - 1);
  return bits;
}

Expected expected(const Truth& truth) {
  const int n = truth.digits;
  Expected e;
  e.first_failures.assign(truth.outcome.size(), 0);
  e.wrong_by_cascade.assign(static_cast<std::size_t>(n) + 1, 0);
  e.wrong_by_carries.assign(std::size_t{1} << n, 0);
  for (std::uint64_t i = 0; i < test::domain_size(n); ++i) {
    int first = -1;
    bool tie = false;
    for (int step = static_cast<int>(truth.outcome.size()) - 1; step >= 0; --step) {
      const Outcome outcome = truth.outcome[static_cast<std::size_t>(step)][i];
      if (outcome == Outcome::behind) first = step;
      tie |= outcome == Outcome::tie;
    }
    e.undecided += first < 0 && tie;
    if (first < 0) continue;
    ++e.wrong;
    ++e.first_failures[static_cast<std::size_t>(first)];
    const auto pair = test::pair_of(i, n);
    ++e.wrong_by_cascade[static_cast<std::size_t>(model::cascade_class(pair, n))];
    ++e.wrong_by_carries[carry_bits(pair, n)];
  }
  return e;
}

void expect_real(const Decoder& decoder) {
  const Expected e = expected(test::truth(decoder));
  const Certification c = counted(decoder, Semantics::real);
  EXPECT_EQ(to_string(c.pairs.wrong), to_string(e.wrong));
  EXPECT_EQ(to_string(c.pairs.undecided), to_string(e.undecided));
  EXPECT_EQ(to_string(c.pairs.wrong + c.pairs.undecided + c.pairs.correct),
            to_string(verify::all_pairs(decoder.layout.digits)));
  for (std::size_t step = 0; step < e.first_failures.size(); ++step)
    EXPECT_EQ(to_string(c.steps[step].first_failures), to_string(e.first_failures[step])) << "step " << step;
  for (std::size_t k = 0; k < e.wrong_by_cascade.size(); ++k)
    EXPECT_EQ(to_string(c.by_cascade[k].wrong), to_string(e.wrong_by_cascade[k])) << "cascade " << k;
  for (std::size_t bits = 0; bits < e.wrong_by_carries.size(); ++bits)
    EXPECT_EQ(to_string(c.by_carries[bits].wrong), to_string(e.wrong_by_carries[bits])) << "carries " << bits;
}

void check_random(int models, int digits) {
  const std::uint64_t first = fresh_seed();
  std::printf("seeds %llu and the next %d\n", static_cast<unsigned long long>(first), models - 1);
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(models); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    model::testing::Random random(seed);
    model::testing::RandomModel wanted;
    wanted.digits = digits;
    wanted.score_scale = std::ldexp(1.0, model::testing::pick(random, -2, 2));
    expect_real(seed % 2 == 0 ? model::testing::random_decoder(random, wanted)
                              : test::noisy_adder(random, digits));
    if (testing::Test::HasFailure()) return;
  }
}

// One digit's score lies far above all others': rows without it have weights below the smallest double.
TEST(Certify, RowsFarBelowTheLargestScoreAreDecided) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    model::testing::Random random(seed);
    model::testing::RandomModel wanted;
    wanted.digits = 1;
    wanted.score_scale = 100.0;
    expect_real(model::testing::random_decoder(random, wanted));
  }
}

TEST(Certify, OneDigitModelsAgreeWithBruteForce) { check_random(60, 1); }
TEST(Certify, TwoDigitModelsAgreeWithBruteForce) { check_random(6, 2); }

}  // namespace
}  // namespace carryscope
