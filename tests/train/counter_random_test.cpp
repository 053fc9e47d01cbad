// The generator against the published sequence of SplitMix64, and its distributions.
#include "train/counter_random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace carryscope::train {
namespace {

// The test vector that accompanies the generator's public reference code (seed 1234567).
TEST(CounterRandom, IsSplitMix64) {
  CounterRandom random(1234567);
  for (const std::uint64_t expected : {6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
                                       4593380528125082431U, 16408922859458223821U})
    EXPECT_EQ(random.next(), expected);
}

TEST(CounterRandom, StreamsAndSeedsDiffer) {
  EXPECT_EQ(CounterRandom(3, 4).next(), CounterRandom(3, 4).next());
  EXPECT_NE(CounterRandom(3, 4).next(), CounterRandom(4, 3).next());
  EXPECT_NE(CounterRandom(3, 4).next(), CounterRandom(3, 5).next());
  EXPECT_NE(CounterRandom(0, 0).next(), CounterRandom(0, 1).next());
}

TEST(CounterRandom, BelowIsUniform) {
  constexpr int kDraws = 100'000;
  CounterRandom random(1, 0);
  std::array<int, 10> seen{};
  for (int i = 0; i < kDraws; ++i) ++seen[random.below(10)];
  double chi = 0;
  for (const int n : seen) chi += (n - kDraws / 10.0) * (n - kDraws / 10.0) / (kDraws / 10.0);
  EXPECT_LT(chi, 33.7);  // nine degrees of freedom, one in ten thousand
  EXPECT_EQ(random.below(1), 0U);

  // Three quarters of 2^64: a plain reduction would give the lower third twice as often as the rest.
  constexpr std::uint64_t kRange = 3ULL << 62;
  int low = 0;
  for (int i = 0; i < kDraws; ++i) {
    const std::uint64_t draw = random.below(kRange);
    ASSERT_LT(draw, kRange);
    low += draw < kRange / 3;
  }
  EXPECT_NEAR(low, kDraws / 3.0, 5 * std::sqrt(kDraws * 2.0 / 9));
}

TEST(CounterRandom, NormalHasItsMoments) {
  constexpr int kDraws = 200'000;
  CounterRandom random(2, 0);
  double sum = 0, square = 0, fourth = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.normal();
    sum += x, square += x * x, fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(square / kDraws, 1, 5 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(fourth / kDraws, 3, 5 * std::sqrt(96.0 / kDraws));
}

}  // namespace
}  // namespace carryscope::train
