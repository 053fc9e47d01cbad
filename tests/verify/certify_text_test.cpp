// What a certification says in words and digits: figures on the proven side of the truth, and the right
// sentence for each kind of result. The certifications are written by hand, so nothing is searched.
#include "verify/certify_text.h"

#include <gtest/gtest.h>

#include <charconv>
#include <random>
#include <sstream>

#include "model/decoder.h"
#include "tests/verify/ball.h"

namespace carryscope::verify {
namespace {

class Text : public ::testing::Test {
 protected:
  Text() {
    decoder_.name = "m";
    decoder_.parameters = 7;
    result_.digits = 2;
    set(100, 0, 0);
    for (int step = 0; step < 3; ++step) {
      StepCounts row;
      row.step = row.place = step;
      row.own = result_.pairs;
      result_.steps.push_back(row);
    }
    result_.by_cascade.assign(3, result_.pairs);
    result_.by_carries.assign(4, result_.pairs);
  }

  void set(Count wrong, Count rounding, Count undecided) {
    result_.pairs = {10000, 10000 - wrong - rounding - undecided, wrong, rounding, undecided};
    result_.exact = undecided == 0;
  }
  std::string text() const { return to_text(decoder_, result_); }
  void expect(const std::string& part, bool present = true) const {
    EXPECT_EQ(text().find(part) != std::string::npos, present) << "'" << part << "' in\n" << text();
  }

  model::Decoder decoder_;
  Certification result_;
};

TEST_F(Text, SaysWhatWasProven) {
  expect("EXACT: the model gets 100 pairs wrong, one in 100.");
  expect("BRACKET", false);
  set(0, 0, 0);
  expect("EXACT: the model adds all 10^4 pairs correctly.");
  set(0, 0, 1);
  expect("BRACKET");
  expect("EXACT", false);
  expect("correctly", false);
  expect("at least 0 pairs wrong (0)");
  expect("and at most 1 (0.0001)");
  set(10000, 0, 0);
  expect("EXACT: the model gets 10,000 pairs wrong, one in 1.");
}

TEST_F(Text, UnderFloat32RoundingIsNeitherRightNorWrong) {
  result_.semantics = Semantics::float32;
  result_.ulps.exp = 33;
  set(100, 20, 0);
  expect("exp 33 ulp");
  expect("EXACT, up to rounding.");
  expect("at least 100 pairs wrong (0.01)");
  expect("and at most 120 (0.012)");
  expect("depends on rounding");
  set(100, 20, 3);
  expect("A BRACKET, not exact: 3 pairs are undecided.");
  expect("and at most 123 (0.0123)");
}

TEST_F(Text, RegionsShowTheirPatternAndAReplayedPair) {
  result_.region_count = 4;
  Cube cube = Cube::everything(2);
  cube.a[1] = only(7);
  result_.regions = {Region{1, cube, 1000, 1000, {71, 5}, 86}, Region{2, cube, 50, 20, {72, 6}, std::nullopt},
                     Region{2, cube, 1, 1, {73, 7}, 80}};
  expect("1,000 pairs, wrong at step 1\n");
  expect("50 pairs, wrong at step 2, 20 of them at no earlier one\n");
  expect("a=7.  b=..\n");
  expect("71 + 5 = 76, the model says 86");
  expect("72 + 6 = 78, the model says no number");
  expect("73 + 7 = 80, which float32 decoding happens to get right");
  expect("... and 1 more region;");
}

TEST_F(Text, LinesFitATerminalHoweverLongCountsAndPatternsAre) {
  result_.digits = 10;
  const Count all = all_pairs(10), part = all / 1000;
  result_.semantics = Semantics::float32;
  result_.pairs = {all, all - 3 * part, part, part, part};
  result_.exact = false;
  result_.by_cascade.assign(11, result_.pairs);
  Cube cube = Cube::everything(10);
  for (std::size_t i = 0; i < 10; ++i) cube.a[i] = cube.b[i] = cube.s[i] = 0x2AD;
  result_.region_count = 1;
  result_.regions = {Region{3, cube, 5, 5, {1, 2}, 3}};
  std::istringstream lines(text());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
  expect("(counts as parts of 10^20;");
  expect("a=[0");
  expect("\n      b=[0");
  expect("\n      s=.[0");
}

TEST_F(Text, TheSmallestMarginIsRoundedOutwards) {
  expect("Smallest margin: not determined");
  result_.smallest = SmallestMargin{Interval(-0.25 - 0x1p-21, -0.25), {12, 34}, 2};
  expect("between -0.25000048 and -0.25000000 logits,\nat step 2 of 12 + 34");
}

}  // namespace
}  // namespace carryscope::verify
