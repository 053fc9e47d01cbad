// Batches: what is drawn, from which lengths, and what never is.
#include "train/curriculum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "model/addition.h"

namespace carryscope::train {
namespace {

using model::Pair;

std::vector<Pair> batch(const Curriculum& curriculum, std::int64_t step, std::size_t size = 512) {
  std::vector<Pair> out(size);
  curriculum.batch(step, out);
  return out;
}

int sums_of_nine(Pair pair, int digits) {
  int count = 0;
  for (int i = 0; i < digits; ++i) count += model::digit_at(pair.a, i) + model::digit_at(pair.b, i) == 9;
  return count;
}

TEST(Curriculum, ABatchDependsOnSeedAndStepOnly) {
  const Curriculum first(recipe("paper"), 10, 5), second(recipe("paper"), 10, 5),
      other(recipe("paper"), 10, 6);
  const std::vector<Pair> seventh = batch(first, 7);
  EXPECT_NE(batch(first, 8), seventh);
  EXPECT_EQ(batch(first, 7), seventh);
  EXPECT_EQ(batch(second, 7), seventh);
  EXPECT_NE(batch(other, 7), seventh);
}

TEST(Curriculum, PhasesSetTheLongestOperand) {
  const Recipe& paper = recipe("paper");
  EXPECT_EQ(longest_operand(paper, 10, 0), 3);
  EXPECT_EQ(longest_operand(paper, 10, 1999), 3);
  EXPECT_EQ(longest_operand(paper, 10, 2000), 6);
  EXPECT_EQ(longest_operand(paper, 10, 6999), 6);
  EXPECT_EQ(longest_operand(paper, 10, 7000), 10);
  EXPECT_EQ(longest_operand(paper, 10, 999'999), 10);  // the last phase does not end
  EXPECT_EQ(longest_operand(paper, 5, 7000), 5);
  const Curriculum curriculum(paper, 10, 1);
  for (const auto& [step, range] : {std::pair{1999, 1000U}, {6999, 1'000'000U}})
    for (const Pair& pair : batch(curriculum, step, 20'000)) {
      ASSERT_LT(pair.a, range);
      ASSERT_LT(pair.b, range);
    }
}

// Three neighbouring places at most, each place as often as it fits: of the ten, places 2 to 7 alike.
TEST(Curriculum, DigitsMayStandAtAnyPlace) {
  Recipe anywhere = recipe("paper");
  anywhere.any_place = true;
  const Curriculum curriculum(anywhere, 10, 1);
  constexpr int kDraws = 60'000;
  std::vector<int> seen(10);
  for (const Pair& pair : batch(curriculum, 1999, kDraws)) {
    int lowest = 10, highest = -1;
    for (int place = 0; place < 10; ++place)
      if (model::digit_at(pair.a, place) != 0) {
        lowest = std::min(lowest, place), highest = place;
        ++seen[static_cast<std::size_t>(place)];
      }
    ASSERT_LT(highest - lowest, 3);
  }
  // Of length k, k of the 11 - k beginnings hold an inner place.
  const double expected = kDraws * 0.9 / 3 * (1.0 / 10 + 2.0 / 9 + 3.0 / 8);
  for (std::size_t place = 2; place <= 7; ++place)
    EXPECT_NEAR(seen[place], expected, 5 * std::sqrt(expected)) << place;
}

// Length k with probability 1/10, then uniform below 10^k: P(a >= 10^9) is 0.1 * 0.9, P(a < 10) is
// 0.1 * (1 + 0.1 + ... + 1e-9). Both operands have the same length, drawn independently otherwise.
TEST(Curriculum, LengthsAreUniform) {
  const Curriculum curriculum(recipe("paper"), 10, 2);
  constexpr int kDraws = 200'000;
  int full = 0, both_full = 0, single = 0;
  for (const Pair& pair : batch(curriculum, 7000, kDraws)) {
    full += pair.a >= model::power_of_ten(9);
    both_full += pair.a >= model::power_of_ten(9) && pair.b >= model::power_of_ten(9);
    single += pair.b < 10;
  }
  const auto expect_share = [](int count, double p) {
    EXPECT_NEAR(count, kDraws * p, 5 * std::sqrt(kDraws * p * (1 - p)));
  };
  expect_share(full, 0.09);
  expect_share(both_full, 0.081);
  expect_share(single, 0.1111111111);
}

TEST(Curriculum, HeldOutPairsAreNeverDrawn) {
  constexpr std::uint64_t kSeed = 3;
  const model::PaperSplit split = model::paper_split(kSeed, 3);  // 15,000 of a million pairs
  std::set<Pair> held(split.validation.begin(), split.validation.end());
  held.insert(split.test.begin(), split.test.end());
  Recipe recipe;
  for (const double share : {0.0, 0.5, 1.0}) {
    recipe.cascade_share = share;
    const Curriculum curriculum(recipe, 3, kSeed), blind(recipe, 3, kSeed + 1);  // holds out other pairs
    int drawn = 0, drawn_blindly = 0;
    for (std::int64_t step = 0; step < 200; ++step) {
      for (const Pair& pair : batch(curriculum, step)) drawn += held.contains(pair);
      for (const Pair& pair : batch(blind, step)) drawn_blindly += held.contains(pair);
    }
    EXPECT_EQ(drawn, 0);
    EXPECT_GT(drawn_blindly, 300);  // else this test could not fail
  }
}

TEST(Curriculum, KnowsTheHeldOutPairs) {
  const Curriculum curriculum(recipe("paper"), 10, 4);
  const model::PaperSplit split = model::paper_split(4, 10);
  EXPECT_EQ(curriculum.validation(), split.validation);
  EXPECT_EQ(curriculum.test(), split.test);
  for (const auto* half : {&split.validation, &split.test})
    for (const Pair& pair : *half) {
      ASSERT_TRUE(curriculum.held_out(pair));
      ASSERT_FALSE(curriculum.held_out({pair.a, pair.b ^ 1}));
    }
}

TEST(Curriculum, EveryNumberOfDigitsWorks) {
  Recipe recipe;
  recipe.cascade_share = 0.25;
  recipe.curriculum.back().longest = model::kMaxDigits;
  for (int digits = 1; digits <= model::kMaxDigits; ++digits) {
    const Curriculum curriculum(recipe, digits, 9);
    EXPECT_EQ(curriculum.validation().size(), digits < 3 ? 0 : model::kPaperValidation);
    const std::vector<Pair> pairs = batch(curriculum, 7000, 2000);
    const auto longest = std::max_element(pairs.begin(), pairs.end());
    EXPECT_LT(longest->a, model::power_of_ten(digits));
    EXPECT_GE(longest->a, model::power_of_ten(digits - 1));
  }
}

TEST(Curriculum, TheCascadeShareIsRichInSumsOfNine) {
  Recipe recipe;
  recipe.cascade_share = 0.3;
  recipe.curriculum = {{recipe.steps, 10}};
  const Curriculum curriculum(recipe, 10, 8);
  constexpr std::size_t kSize = 100'000, kRich = 30'000;
  const std::vector<Pair> pairs = batch(curriculum, 0, kSize);
  double rich = 0, plain = 0;
  int ten_in_a_row = 0;
  for (std::size_t i = 0; i < kSize; ++i) {
    (i < kRich ? rich : plain) += sums_of_nine(pairs[i], 10);
    ten_in_a_row += i < kRich && sums_of_nine(pairs[i], 10) == 10;
  }
  // 5.5 places on average; each sums to 9 with probability 1/2 + 1/2 * 1/10, or 1/10.
  EXPECT_NEAR(rich / kRich, 5.5 * 0.55, 0.08);
  EXPECT_NEAR(plain / (kSize - kRich), 5.5 * 0.1, 0.02);
  // A tenth has ten places; the integral of (p + (1 - p) / 10)^10 is (1 - 10^-11) / 9.9.
  EXPECT_NEAR(ten_in_a_row, kRich * 0.1 / 9.9, 5 * std::sqrt(kRich * 0.1 / 9.9));
}

}  // namespace
}  // namespace carryscope::train
