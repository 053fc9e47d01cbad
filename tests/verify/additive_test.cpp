// The (max, +) folds against enumeration.
#include "verify/additive.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/verify/random_cube.h"

namespace carryscope {
namespace {

using model::Pair;
using model::Role;
using verify::Additive;
using verify::Cube;
using verify::kLane;
using verify::Token;

constexpr double kNever = -std::numeric_limits<double>::infinity();

class AdditiveTest : public testing::Test {
 protected:
  std::mt19937_64 random_;
  void SetUp() override {
    const auto seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    random_.seed(seed);
  }
  // Small integers, so that sums are exact in any order.
  Additive functional(int digits) {
    Additive f;
    f.clear(digits);
    f.constant = number();
    for (int t = 0; t < verify::token_count(digits); ++t)
      for (std::size_t d = 0; d < 10; ++d) f.entry[static_cast<std::size_t>(t)][d] = number();
    return f;
  }
  double number() { return static_cast<double>(random_() % 2001) - 1000.0; }
};

int digit_of(Pair pair, Token token) {
  const std::uint64_t value = token.role == Role::a   ? pair.a
                              : token.role == Role::b ? pair.b
                                                      : pair.a + pair.b;
  return model::digit_at(value, token.place);
}

double value(const Additive& f, Pair pair) {
  double sum = f.constant;
  for (int t = 0; t < verify::token_count(f.digits); ++t) {
    const Token token = verify::token_at(t, f.digits);
    sum += f.of(token)[static_cast<std::size_t>(digit_of(pair, token))];
  }
  return sum;
}

TEST_F(AdditiveTest, MaximaAreThoseOfEnumeration) {
  for (int round = 0; round < 300; ++round) {
    const int digits = 1 + round % 2;
    const Additive f = functional(digits);
    const Cube cube = test::random_cube(random_, digits);
    const Token token = verify::token_at(
        static_cast<int>(random_() % static_cast<unsigned>(verify::token_count(digits))), digits);
    double best = kNever;
    std::array<double, 10> by_digit{}, found{};
    by_digit.fill(kNever);
    test::for_each_pair(digits, [&](Pair pair) {
      if (!test::contains(cube, pair)) return;
      const double v = value(f, pair);
      ASSERT_EQ(f.at(pair), v);
      best = std::max(best, v);
      double& of_digit = by_digit[static_cast<std::size_t>(digit_of(pair, token))];
      of_digit = std::max(of_digit, v);
    });
    ASSERT_EQ(verify::maximum(f, cube), best) << pattern(cube);
    verify::maxima_by_digit(f, cube, token, found);
    ASSERT_EQ(found, by_digit) << pattern(cube);
  }
}

TEST_F(AdditiveTest, TokensAreNumberedBothWays) {
  for (int t = 0; t < verify::token_count(18); ++t)
    EXPECT_EQ(verify::token_index(verify::token_at(t, 18), 18), t);
}

TEST_F(AdditiveTest, InfluenceIsTheSpreadOfAllowedDigits) {
  Additive f = functional(2);
  Cube cube = Cube::everything(2);
  cube.a[1] = verify::only(3) | verify::only(8);
  const Token token{Role::a, 1};
  EXPECT_EQ(verify::influence(f, cube, token), std::abs(f.of(token)[3] - f.of(token)[8]));
}

}  // namespace
}  // namespace carryscope
