// The union of leaves against enumeration of every pair: random cubes at random steps, one to three digits.
#include "verify/failure_union.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "model/pair_classes.h"
#include "tests/verify/random_cube.h"

namespace carryscope {
namespace {

using model::Pair;
using verify::Count;
using verify::Counts;
using verify::Cube;
using verify::Deadline;
using verify::FailureUnion;
using verify::Leaf;
using verify::to_string;
using verify::Verdict;

using Leaves = std::vector<std::vector<Leaf>>;

class FailureUnionTest : public testing::Test {
 protected:
  std::mt19937_64 random_;
  const Deadline never_{verify::kInfinity};
  void SetUp() override {
    const auto seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    random_.seed(seed);
  }

  // The leaves of one step are disjoint, those of two steps are not.
  Leaves random_leaves(int digits) {
    Leaves leaves(static_cast<std::size_t>(digits) + 1);
    for (int i = 0; i < 30; ++i) {
      const Cube cube = test::random_cube(random_, digits);
      auto& of_step = leaves[random_() % leaves.size()];
      const auto meets = [&](const Leaf& other) { return count(intersect(other.cube, cube)) > 0; };
      if (std::ranges::any_of(of_step, meets)) continue;
      const Verdict verdict = i % 3 == 0   ? Verdict::undecided
                              : i % 3 == 1 ? Verdict::wrong
                                           : Verdict::rounding;
      of_step.push_back({cube, verdict, count(cube), 0, 0});
    }
    return leaves;
  }
};

// The verdict that claims the pair, and the first step that is wrong.
std::pair<Verdict, int> claim(const Leaves& leaves, Pair pair) {
  for (const Verdict verdict : {Verdict::wrong, Verdict::undecided, Verdict::rounding})
    for (std::size_t step = 0; step < leaves.size(); ++step)
      for (const Leaf& leaf : leaves[step])
        if (leaf.verdict == verdict && test::contains(leaf.cube, pair))
          return {verdict, static_cast<int>(step)};
  return {Verdict::correct, -1};
}

void add(Counts& counts, Verdict verdict) {
  ++counts.total;
  ++(verdict == Verdict::wrong       ? counts.wrong
     : verdict == Verdict::undecided ? counts.undecided
     : verdict == Verdict::rounding  ? counts.rounding
                                     : counts.correct);
}

std::size_t carry_bits(Pair pair, int digits) {
  const auto c = model::carries(pair, digits);
  std::size_t bits = 0;
  for (int i = 1; i <= digits; ++i)
    bits |= static_cast<std::size_t>(c[static_cast<std::size_t>(i)]) << (i - 1);
  return bits;
}

std::string text(const Counts& c) {
  return to_string(c.total) + " = " + to_string(c.correct) + " correct + " + to_string(c.wrong) +
         " wrong + " + to_string(c.rounding) + " rounding + " + to_string(c.undecided) + " undecided";
}

void expect_rows(const std::vector<Counts>& rows, const std::vector<Counts>& expected) {
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(text(rows[i]), text(expected[i])) << "row " << i;
}

void expect_enumerated(const Leaves& leaves, int digits, const FailureUnion& made, const Cube& region) {
  Counts all;
  std::vector<Counts> by_cascade(static_cast<std::size_t>(digits) + 1), by_carries(std::size_t{1} << digits);
  std::vector<Count> first(leaves.size(), 0);
  Count later_in_region = 0;  // than step 0
  test::for_each_pair(digits, [&](Pair pair) {
    const auto [verdict, step] = claim(leaves, pair);
    add(all, verdict);
    add(by_cascade[static_cast<std::size_t>(model::cascade_class(pair, digits))], verdict);
    add(by_carries[carry_bits(pair, digits)], verdict);
    if (verdict == Verdict::wrong) ++first[static_cast<std::size_t>(step)];
    later_in_region += !(verdict == Verdict::wrong && step == 0) && test::contains(region, pair);
  });
  EXPECT_EQ(text(made.pairs()), text(all));
  for (int step = 0; step <= digits; ++step)
    EXPECT_EQ(to_string(made.first_failures(step)), to_string(first[static_cast<std::size_t>(step)]));
  EXPECT_EQ(to_string(made.first_failures(1, region)), to_string(later_in_region));
  std::vector<Counts> cascade_rows, carries_rows;
  made.count_classes(100'000, cascade_rows, carries_rows);
  expect_rows(cascade_rows, by_cascade);
  expect_rows(carries_rows, by_carries);
}

TEST_F(FailureUnionTest, CountsWhatEnumerationFinds) {
  for (int round = 0; round < 30; ++round) {
    const int digits = round == 0 ? 3 : 1 + round % 2;
    const Leaves leaves = random_leaves(digits);
    expect_enumerated(leaves, digits, FailureUnion(leaves, digits, never_),
                      test::random_cube(random_, digits));
    if (HasFailure()) return;
  }
}

// Whatever is left out for want of time or states: the brackets hold what enumeration finds.
TEST_F(FailureUnionTest, WhatIsLeftOutIsUndecided) {
  const Leaves leaves = random_leaves(2);
  const FailureUnion exact(leaves, 2, never_);
  const Counts& truth = exact.pairs();
  const Deadline over(0.0);
  std::vector<Counts> rows, exact_rows, carries_rows;
  exact.count_classes(100'000, exact_rows, carries_rows);
  exact.count_classes(1, rows, carries_rows);
  ASSERT_EQ(rows.size(), exact_rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(to_string(rows[i].total), to_string(exact_rows[i].total));
    EXPECT_LE(rows[i].correct, exact_rows[i].correct);
    EXPECT_LE(rows[i].wrong, exact_rows[i].wrong);
  }
  const FailureUnion hurried(leaves, 2, over);
  EXPECT_EQ(to_string(hurried.pairs().total), to_string(truth.total));
  EXPECT_LE(hurried.pairs().correct, truth.correct);
  EXPECT_LE(hurried.pairs().wrong, truth.wrong);
}

// Six digits: leaves restrict places far from each other. With few nodes most of them are left out, but
// counted where they can be; what is claimed holds all the same.
TEST_F(FailureUnionTest, FewNodesBracketWhatManyCount) {
  int raised = 0;
  for (int round = 0; round < 40; ++round) {
    const Leaves leaves = random_leaves(6);
    const FailureUnion exact(leaves, 6, never_);
    const Counts& truth = exact.pairs();
    Count whole_or_not = 0;
    for (const bool in_parts : {false, true}) {
      const FailureUnion few(leaves, 6, never_, {}, in_parts, 40 + random_() % 400);
      const Counts& found = few.pairs();
      ASSERT_EQ(to_string(found.correct + found.wrong + found.rounding + found.undecided),
                to_string(found.total));
      ASSERT_LE(found.correct, truth.correct) << "round " << round;
      ASSERT_LE(found.wrong, truth.wrong) << "round " << round;
      ASSERT_LE(found.rounding, truth.rounding) << "round " << round;
      raised += in_parts && found.wrong > whole_or_not;
      whole_or_not = found.wrong;
    }
  }
  EXPECT_GT(raised, 10);
}

// The additions whose operand has an even last digit and a small one at the highest place.
Leaf far_apart(model::Role operand, int digits) {
  Cube cube = Cube::everything(digits);
  cube.allowed(operand, 0) = 0b0101010101, cube.allowed(operand, digits - 1) = 0b0000011111;
  return {cube, Verdict::wrong, count(cube), 0, 0};
}

// Two steps get a quarter of all pairs wrong each: seven sixteenths in all, but a quarter is as much as
// counting them apart can tell, and half may be wrong for all that it says.
TEST_F(FailureUnionTest, LeavesThatAreLeftOutMayOverlap) {
  const Leaves leaves{{far_apart(model::Role::a, 6)}, {far_apart(model::Role::b, 6)}};
  const FailureUnion exact(leaves, 6, never_), few(leaves, 6, never_, {}, true, 5);
  EXPECT_EQ(text(exact.pairs()),
            "1000000000000 = 562500000000 correct + 437500000000 wrong + 0 rounding + 0 undecided");
  EXPECT_EQ(
      text(few.pairs()),
      "1000000000000 = 500000000000 correct + 250000000000 wrong + 0 rounding + 250000000000 undecided");
}

// Leaves that only hyperplanes bracket: what one step surely gets wrong is wrong, the rest undecided.
TEST_F(FailureUnionTest, CountsWithoutPlaceAreBracketed) {
  const Cube all = Cube::everything(2);
  const Leaves leaves{{{all, Verdict::undecided, 10'000, 1'000, 6'000}},
                      {{all, Verdict::undecided, 10'000, 2'000, 7'000}}};
  const FailureUnion made(leaves, 2, never_, {7'000, {}});
  EXPECT_EQ(text(made.pairs()), "10000 = 0 correct + 7000 wrong + 0 rounding + 3000 undecided");
}

// The cube of the additions that write `digit` at the place.
Leaf writing(int digits, int place, int digit, Count wrong) {
  Cube cube = Cube::everything(digits);
  cube.s[static_cast<std::size_t>(place)] = verify::only(digit);
  return {cube, Verdict::undecided, count(cube), 0, wrong};
}

// Two steps get nine digits of ten wrong, each cube but for 10 of 1,000 pairs: 100 pairs are in none of their
// cubes, 18 times 10 may be right for all that is known.
TEST_F(FailureUnionTest, CountsOfSeveralStepsGoTogether) {
  Leaves counted(2);
  for (int step = 0; step < 2; ++step)
    for (int digit = 1; digit < 10; ++digit)
      counted[static_cast<std::size_t>(step)].push_back(writing(2, step, digit, 990));
  const Leaves leaves{{{Cube::everything(2), Verdict::undecided, 10'000, 0, 0}}, {}};
  const Leaves first{counted[0], {}};
  const std::string of_both = "10000 = 0 correct + 9720 wrong + 0 rounding + 280 undecided";
  for (const auto& lists : {std::vector<Leaves>{counted}, std::vector<Leaves>{counted, first},
                            std::vector<Leaves>{first, counted}})
    EXPECT_EQ(text(FailureUnion(leaves, 2, never_, {0, lists}).pairs()), of_both);
}

// Steps that are wrong at random, more often in some cubes than in others: never more is claimed than is
// wrong.
TEST_F(FailureUnionTest, CountsClaimNoMoreThanIsWrong) {
  bool raised = false;
  for (int round = 0; round < 30; ++round) {
    const Leaves leaves = random_leaves(2);
    Leaves counted(leaves.size());
    Count wrong_anywhere = 0;
    std::vector<std::array<Count, 10>> wrong(leaves.size());
    test::for_each_pair(2, [&](Pair pair) {
      bool anywhere = false;
      for (std::size_t step = 0; step < leaves.size(); ++step) {
        const auto digit = static_cast<std::size_t>((pair.a + pair.b) % 10);
        const bool known = std::ranges::any_of(leaves[step], [&](const Leaf& leaf) {
          return leaf.verdict == Verdict::wrong && test::contains(leaf.cube, pair);
        });
        const bool here = known || random_() % 10 <= digit;
        wrong[step][digit] += here;
        anywhere |= here;
      }
      wrong_anywhere += anywhere;
    });
    for (std::size_t step = 0; step < leaves.size(); ++step)
      for (int digit = 0; digit < 10; ++digit)
        if (random_() % 3 > 0)
          counted[step].push_back(writing(2, 0, digit, wrong[step][static_cast<std::size_t>(digit)]));
    const FailureUnion plain(leaves, 2, never_), made(leaves, 2, never_, {0, {counted}});
    ASSERT_LE(made.pairs().wrong, wrong_anywhere) << "round " << round;
    ASSERT_GE(made.pairs().wrong, plain.pairs().wrong);
    ASSERT_EQ(to_string(made.pairs().correct), to_string(plain.pairs().correct));
    raised |= made.pairs().wrong > plain.pairs().wrong;
  }
  EXPECT_TRUE(raised);
}

}  // namespace
}  // namespace carryscope
