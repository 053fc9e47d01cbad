// Figures lie on the proven side of the truth: against exact integers and ball arithmetic.
#include "verify/number_text.h"

#include <gtest/gtest.h>

#include <charconv>
#include <random>

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

}  // namespace
}  // namespace carryscope::verify
