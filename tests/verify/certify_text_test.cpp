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

// A decimal or scientific text as mantissa / 10^places.
struct Decimal {
  Count mantissa = 0;
  int places = 0;
};

Decimal parse(const std::string& text) {
  Decimal d;
  const std::size_t e = text.find('e');
  bool point = false;
  for (const char c : text.substr(0, e)) {
    if (c == '.') {
      point = true;
      continue;
    }
    d.mantissa = d.mantissa * 10 + static_cast<Count>(c - '0');
    d.places += point;
  }
  if (e != std::string::npos) d.places += std::stoi(text.substr(e + 2));
  return d;
}

Count ten_to(int exponent) {
  Count power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

TEST(Fraction, StaysOnItsSideOfTheTruthAndClose) {
  const std::uint64_t seed = 5;
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  for (int trial = 0; trial < 20000; ++trial) {
    const Count whole = 1 + random() % model::power_of_ten(1 + trial % 12);
    const Count part = trial % 3 == 0   ? whole - std::min<Count>(whole, random() % 50)
                       : trial % 3 == 1 ? std::min<Count>(whole, random() % 50)
                                        : random() % static_cast<std::uint64_t>(whole + 1);
    const Decimal low = parse(fraction(part, whole, Towards::below));
    const Decimal high = parse(fraction(part, whole, Towards::above));
    // low <= part / whole <= high, and neither is farther off than one of the last place kept.
    ASSERT_LE(low.mantissa * whole, part * ten_to(low.places));
    ASSERT_GE(high.mantissa * whole, part * ten_to(high.places));
    const int places = std::max(low.places, high.places);
    const Count spread =
        high.mantissa * ten_to(places - high.places) - low.mantissa * ten_to(places - low.places);
    ASSERT_LE(spread, 1u) << fraction(part, whole, Towards::below);
    ASSERT_EQ(part == whole, fraction(part, whole, Towards::below) == "1");
    ASSERT_EQ(part == 0, fraction(part, whole, Towards::above) == "0");
  }
}

TEST(Fraction, ReadsAsAPersonWouldWriteIt) {
  const Count all = all_pairs(10), wrong = 3'857'849'809'099'300;
  EXPECT_EQ(fraction(wrong, all, Towards::below), "3.8578e-05");
  EXPECT_EQ(fraction(wrong, all, Towards::above), "3.8579e-05");
  EXPECT_EQ(fraction(all - wrong, all, Towards::below), "0.999961421");
  EXPECT_EQ(fraction(all - 1, all, Towards::below), "0.99999999999999999999");
  EXPECT_EQ(fraction(1, all, Towards::above), "1e-20");
  EXPECT_EQ(fraction(all / 4, all, Towards::below), "0.25");
  EXPECT_EQ(fraction(1, 3, Towards::below), "0.33333");
  EXPECT_EQ(fraction(2, 3, Towards::above), "0.66667");
  EXPECT_EQ(fraction(1, all_pairs(18), Towards::below), "1e-36");
  EXPECT_EQ(fraction(all_pairs(18) - 1, all_pairs(18), Towards::above), "0." + std::string(36, '9'));
}

TEST(DecimalText, RoundsOutwards) {
  const std::uint64_t seed = 6;
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  for (int trial = 0; trial < 5000; ++trial) {
    const double x = std::ldexp(static_cast<double>(static_cast<std::int64_t>(random())), -80 + trial % 40);
    const int decimals = 3 + trial % 10;
    test::Ball low, high, exact(x);
    arb_set_str(low.x, decimal(x, decimals, Towards::below).c_str(), 4096);
    arb_set_str(high.x, decimal(x, decimals, Towards::above).c_str(), 4096);
    ASSERT_FALSE(arb_gt(low.x, exact.x)) << x;
    ASSERT_FALSE(arb_lt(high.x, exact.x)) << x;
    const test::Ball apart = high - low;
    ASSERT_LE(arf_get_d(arb_midref(apart.x), ARF_RND_UP), 1.0001 * std::pow(10.0, -decimals));
  }
}

TEST(DecimalText, Examples) {
  EXPECT_EQ(decimal(0.1, 3, Towards::below), "0.100");  // the double is a little above 1/10
  EXPECT_EQ(decimal(0.1, 3, Towards::above), "0.101");
  EXPECT_EQ(decimal(-0.1, 3, Towards::above), "-0.100");
  EXPECT_EQ(decimal(-0.1, 3, Towards::below), "-0.101");
  EXPECT_EQ(decimal(0.5, 3, Towards::above), "0.500");
  EXPECT_EQ(decimal(9.9999, 3, Towards::above), "10.000");
  EXPECT_EQ(decimal(-1e-300, 3, Towards::above), "0.000");
  EXPECT_EQ(decimal(-1e-300, 3, Towards::below), "-0.001");
  EXPECT_EQ(decimal(-0.0, 3, Towards::below), "0.000");
}

TEST(Grouped, PutsCommasBetweenThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(
      grouped(all_pairs(18)), "1" + [] {
        std::string groups;
        for (int i = 0; i < 12; ++i) groups += ",000";
        return groups;
      }());
}

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
