// Enclosures against Arb: containment everywhere, and widths no larger than promised.
// The proofs behind the tables and turning points are in elementary_proof_test.cpp.
#include "verify/elementary.h"

#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/verify/ball.h"
#include "tests/verify/upward.h"
#include "verify/rounding.h"

namespace carryscope {
namespace {

using test::Ball;
using test::upward;
using verify::Interval;
using Real = std::function<Ball(const Ball&)>;
using Enclosure = Interval (*)(Interval);

constexpr double kInfinity = verify::kInfinity;
constexpr double kLost = 0x1p-1023;  // absolute width allowed where results underflow or exp(-x) overflows
constexpr double kSmallest = std::numeric_limits<double>::denorm_min();

Ball sigmoid(const Ball& x) { return Ball(1) / (Ball(1) + exp(-x)); }
Ball normal_cdf(const Ball& x) { return erfc(-x / sqrt(Ball(2))) / Ball(2); }
Ball normal_density(const Ball& x) { return exp(-x * x / Ball(2)) / sqrt(Ball(2) * test::pi()); }
Ball gelu_tanh_inner(const Ball& x) {
  const Ball cubic = Ball(44715) / Ball(1000000);
  return Ball(2) * sqrt(Ball(2) / test::pi()) * (x + cubic * x * x * x);
}
Ball gelu_tanh_slope(const Ball& x) {
  const Ball cubic = Ball(44715) / Ball(1000000), s = sigmoid(gelu_tanh_inner(x));
  const Ball slope = Ball(2) * sqrt(Ball(2) / test::pi()) * (Ball(1) + Ball(3) * cubic * x * x);
  return s + x * slope * s * sigmoid(-gelu_tanh_inner(x));
}

// One function: width at a double no more than relative |f| + absolute + per_x |x| + kLost (1 + |x|).
struct Row {
  std::string name;
  Enclosure enclosure;
  Real exact;
  double relative, absolute, per_x;
  double low, high;  // where random arguments come from
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      {"exp", verify::exp, [](const Ball& x) { return exp(x); }, 1e-15, 0, 0, -800, 720},
      {"sqrt", verify::sqrt, [](const Ball& x) { return sqrt(x); }, 5e-16, 0, 0, 0, 1e300},
      {"erf", verify::erf, [](const Ball& x) { return erf(x); }, 0, 2e-15, 0, -8, 8},
      {"tanh", verify::tanh, [](const Ball& x) { return tanh(x); }, 2.5e-15, 0, 0, -30, 30},
      {"sigmoid", verify::sigmoid, sigmoid, 2e-15, 0, 0, -760, 760},
      {"normal_cdf", verify::normal_cdf, normal_cdf, 3e-15, 0, 0, -40, 40},
      {"normal_density", verify::normal_density, normal_density, 3e-15, 0, 0, -40, 40},
      {"gelu_erf", verify::gelu_erf, [](const Ball& x) { return x * normal_cdf(x); }, 4e-15, 0, 3e-16, -40,
       40},
      {"gelu_erf_slope", verify::gelu_erf_slope,
       [](const Ball& x) { return normal_cdf(x) + x * normal_density(x); }, 5e-15, 2e-15, 0, -40, 40},
      {"gelu_tanh", verify::gelu_tanh, [](const Ball& x) { return x * sigmoid(gelu_tanh_inner(x)); }, 0, 0,
       3e-15, -30, 30},
      {"gelu_tanh_slope", verify::gelu_tanh_slope, gelu_tanh_slope, 0, 1e-14, 0, -30, 30},
      {"silu", verify::silu, [](const Ball& x) { return x * sigmoid(x); }, 3e-15, 0, 0, -780, 780},
      {"silu_slope", verify::silu_slope,
       [](const Ball& x) { return sigmoid(x) * (Ball(1) + x * sigmoid(-x)); }, 5e-15, 5e-15, 0, -720, 720},
      {"relu", verify::relu, [](const Ball& x) { return arb_is_positive(x.x) ? x : Ball(0); }, 0, 0, 0, -9,
       9},
  };
  return table;
}

// The ball is at most 2^-200 wide (relative to the larger of it and 1), far less than any bound's slack;
// only where it lies across a bound (0.5 + 1e-300) does Arb not tell.
bool contains(Interval y, const Ball& exact) {
  return !test::certainly_lt(exact, Ball(y.lower())) && !test::certainly_lt(Ball(y.upper()), exact);
}

class Elementary : public testing::TestWithParam<Row> {
 protected:
  std::mt19937_64 random_{std::random_device{}()};

  double draw() {
    const Row& row = GetParam();
    std::uniform_real_distribution<double> uniform(row.low, row.high), unit(0, 1), exponent(-1074, 4);
    const double choice = unit(random_);
    if (choice < 0.4) return uniform(random_);
    if (choice < 0.7 && row.low < -3) return uniform(random_) * 3 / row.high;
    const double small = std::ldexp(1 + unit(random_), static_cast<int>(exponent(random_)));
    return row.low < 0 && choice < 0.85 ? -small : small;
  }

  void expect_enclosed(double x, bool tight = true) {
    const Row& row = GetParam();
    const Interval y = upward(row.enclosure, Interval(x));
    const Ball exact = row.exact(Ball(x));
    ASSERT_TRUE(contains(y, exact)) << row.name << "(" << std::hexfloat << x << ") not in [" << y.lower()
                                    << ", " << y.upper() << "]";
    const double size = std::abs(test::approximate(exact));
    if (!tight || size > 1e308) return;
    const double allowed =
        row.relative * size + row.absolute + row.per_x * std::abs(x) + kLost * (1 + std::abs(x));
    ASSERT_LE(y.width(), allowed) << row.name << "(" << std::hexfloat << x << ")";
  }

  void seed() {
    const auto value = std::random_device{}();
    random_.seed(value);
    std::printf("seed %u\n", value);
  }
};

TEST_P(Elementary, EnclosesPoints) {
  seed();
  for (int i = 0; i < 20000 && !HasFatalFailure(); ++i) expect_enclosed(draw());
}

TEST_P(Elementary, EnclosesPieceBoundaries) {
  const Row& row = GetParam();
  for (double scale = 0x1p-3; scale < 64; scale *= 2)
    for (int piece = 0; piece < 128; ++piece)
      for (double x : {scale * (1 + piece / 128.0), (scale * piece) / 128.0})
        for (double near : {std::nextafter(x, 0.0), x, std::nextafter(x, 1e9)})
          for (double signed_x : {near, -near})
            if (signed_x >= row.low && !HasFatalFailure()) expect_enclosed(signed_x, x > 0);
}

TEST_P(Elementary, EnclosesTheEnds) {
  const Row& row = GetParam();
  const double positive[] = {0.0,   kSmallest, 0x1p-1022, 1e-300, 36.0,  38.0,  38.6,  39.0, 39.1, 700.0,
                             708.3, 709.7,     709.79,    710.0,  745.1, 745.2, 746.0, 747,  1e5,  1e9};
  for (double x : positive)
    for (double near : {x, std::nextafter(x, 1e300)})
      for (double signed_x : {near, -near}) {
        if (signed_x < 0 && row.low == 0) continue;
        if (signed_x > 1e4 && row.name == "exp") {
          EXPECT_EQ(upward(row.enclosure, Interval(signed_x)).upper(), kInfinity);
          EXPECT_EQ(upward(row.enclosure, Interval(signed_x)).lower(), verify::kLargest);
          continue;
        }
        expect_enclosed(signed_x, /*tight=*/false);
      }
}

// Random intervals hold the function at random points inside, and are no wider than what a dense
// sample shows plus a little.
TEST_P(Elementary, RangeIsSoundAndTight) {
  seed();
  const Row& row = GetParam();
  std::uniform_real_distribution<double> unit(0, 1);
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    double a = draw(), b = unit(random_) < 0.5 ? draw() : a + std::ldexp(unit(random_), -i % 40);
    if (b < a) std::swap(a, b);
    const Interval y = upward(row.enclosure, Interval(a, b));
    ASSERT_TRUE(std::isfinite(y.magnitude()) || row.name == "exp");
    double low = kInfinity, high = -kInfinity;
    constexpr int kSamples = 200;
    for (int k = 0; k <= kSamples; ++k) {
      const double x = std::clamp(a + (b - a) * (k / static_cast<double>(kSamples)), a, b);
      const Ball exact = row.exact(Ball(x));
      ASSERT_TRUE(contains(y, exact)) << row.name << " on [" << a << ", " << b << "] at " << x;
      low = std::min(low, test::approximate(exact));
      high = std::max(high, test::approximate(exact));
    }
    if (b - a > 4 || y.magnitude() > 1e300) continue;  // too wide for the sample to tell
    const double slack = 1e-3 * (high - low) + 1e-3 * (b - a) * (b - a) + 1e-14 * std::abs(high) + 1e-14;
    EXPECT_LE(y.width(), high - low + slack) << row.name << " on [" << a << ", " << b << "]";
  }
}

INSTANTIATE_TEST_SUITE_P(Functions, Elementary, testing::ValuesIn(rows()),
                         [](const auto& row) { return row.param.name; });

TEST(ElementaryLimits, InfiniteIntervals) {
  const verify::RoundUpward guard;
  const Interval whole = Interval::whole();
  EXPECT_EQ(exp(whole).lower(), 0.0);
  EXPECT_EQ(exp(whole).upper(), kInfinity);
  EXPECT_EQ(exp(Interval(-kInfinity, -1e9)).upper(), kSmallest);
  EXPECT_TRUE(tanh(whole).contains(Interval(-1, 1)) && tanh(whole).magnitude() == 1.0);
  EXPECT_TRUE(erf(whole).contains(Interval(-1, 1)) && erf(whole).magnitude() == 1.0);
  EXPECT_TRUE(sigmoid(whole).contains(Interval(0, 1)) && sigmoid(whole).width() == 1.0);
  EXPECT_EQ(sqrt(Interval(4, kInfinity)).lower(), 2.0);
  EXPECT_EQ(sqrt(Interval(-1, 4)).upper(), 2.0);
  EXPECT_EQ(sqrt(Interval(-2, -1)).upper(), kInfinity);
  for (auto f : {verify::gelu_erf, verify::gelu_tanh, verify::silu, verify::relu}) {
    EXPECT_EQ(f(whole).upper(), kInfinity);
    EXPECT_LE(f(whole).lower(), 0.0);
    EXPECT_GT(f(whole).lower(), -0.3);
    EXPECT_EQ(f(Interval(1e308, kInfinity)).upper(), kInfinity);
    EXPECT_GT(f(Interval(1e308, kInfinity)).lower(), 0.9e308);
  }
  for (auto f : {verify::gelu_erf_slope, verify::gelu_tanh_slope, verify::silu_slope, verify::relu_slope}) {
    EXPECT_TRUE(f(whole).contains(Interval(0, 1)));
    EXPECT_LT(f(whole).magnitude(), 1.2);
    EXPECT_TRUE(f(Interval(100, kInfinity)).contains(1.0) && f(Interval(800, kInfinity)).width() < 1e-15);
  }
}

TEST(ElementaryTurn, EnclosesCosineAndSine) {
  const auto value = std::random_device{}();
  std::printf("seed %u\n", value);
  std::mt19937_64 random(value);
  std::uniform_real_distribution<double> unit(-1, 1);
  for (int i = 0; i < 20000; ++i) {
    const int position = static_cast<int>(random() % 2000) - 5;
    double frequency = unit(random) * std::ldexp(1, static_cast<int>(random() % 40) - 31);
    if (i % 4 == 0) frequency = std::bit_cast<double>(random() % (std::uint64_t{1020} << 52));
    if (i % 16 == 1) frequency = 1.5707963267948966 * static_cast<double>(random() % 9) / 2;
    const Ball angle = Ball(position) * Ball(frequency);
    const auto [cosine, sine] = upward(verify::turn, position, frequency);
    ASSERT_TRUE(contains(cosine, cos(angle)) && contains(sine, sin(angle)))
        << position << " " << std::hexfloat << frequency;
    ASSERT_LE(std::max(cosine.width(), sine.width()), 4e-15) << position << " " << frequency;
  }
}

}  // namespace
}  // namespace carryscope
