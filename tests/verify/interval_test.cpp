// Intervals against exact balls: containment in long computations (where a bound that is rounded the
// wrong way shows), tightness of single operations, and what infinities may do.
#include "verify/interval.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "model/error.h"
#include "tests/verify/ball.h"
#include "tests/verify/upward.h"

namespace carryscope {
namespace {

using test::Ball;
using test::upward;
using verify::Interval;
using verify::kInfinity;
using verify::kLargest;

std::mt19937_64 seeded() {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  return std::mt19937_64(seed);
}

Ball exact(double x) { return Ball(x); }

// Products of doubles are exact at 256 bits, and sums of a few thousand of them of similar size too.
bool contains(Interval y, const Ball& value) {
  return !test::certainly_lt(value, Ball(y.lower())) && !test::certainly_lt(Ball(y.upper()), value);
}

double draw(std::mt19937_64& random, int exponents = 3) {
  std::uniform_real_distribution<double> unit(-1, 1);
  return std::ldexp(unit(random), static_cast<int>(random() % static_cast<unsigned>(exponents)));
}

// x in [x - a, x + b] for small random a, b (sometimes zero).
Interval around(std::mt19937_64& random, double x) {
  const double below = random() % 3 == 0 ? 0.0 : std::abs(draw(random)),
               above = random() % 3 == 0 ? 0.0 : std::abs(draw(random));
  return Interval(x - below, x + above);
}

// Fails in most trials where one bound in some hundred is rounded to nearest instead of outward.
TEST(IntervalContainment, LongDotProducts) {
  auto random = seeded();
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> x(200), w(200);
    for (double& v : x) v = draw(random);
    for (double& v : w) v = draw(random);
    Ball sum(0);
    for (std::size_t i = 0; i < x.size(); ++i) sum = sum + exact(x[i]) * exact(w[i]);
    const auto by_double = [&] {
      Interval s = 0.0;
      for (std::size_t i = 0; i < x.size(); ++i) s += Interval(x[i]) * w[i];
      return s;
    };
    const auto by_interval = [&] {
      Interval s = 0.0;
      for (std::size_t i = 0; i < x.size(); ++i) s -= Interval(x[i]) * -Interval(w[i]);
      return s;
    };
    for (const Interval y : {upward(by_double), upward(by_interval)}) {
      ASSERT_TRUE(contains(y, sum)) << "trial " << trial;
      ASSERT_LT(y.width(), 1e-11);
    }
  }
}

// The test above must notice a missing RoundUpward: without it some dot product leaves its interval.
TEST(IntervalContainment, RoundingToNearestIsNoticed) {
  auto random = seeded();
  int missed = 0;
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<double> x(50), w(50);
    for (double& v : x) v = draw(random);
    for (double& v : w) v = draw(random);
    const auto dot = [&] {
      Interval s = 0.0;
      for (std::size_t i = 0; i < x.size(); ++i) s += Interval(x[i]) * w[i];
      return s;
    };
    Ball sum(0);
    for (std::size_t i = 0; i < x.size(); ++i) sum = sum + exact(x[i]) * exact(w[i]);
    missed += !contains(test::call(dot), sum);
    EXPECT_TRUE(contains(upward(dot), sum));
  }
  EXPECT_GT(missed, 90);
  EXPECT_THROW(verify::ensure_upward(), model::BrokenInvariant);
  EXPECT_NO_THROW(upward(verify::ensure_upward));
}

Ball sqr(const Ball& a) { return a * a; }
Ball hull(const Ball&, const Ball& b) { return b; }

constexpr int kOperations = 14;

// For intervals and for the points in them alike.
template <class T>
T operate(int which, const T& a, const T& b, double c) {
  switch (which) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2:
      return a * b;
    case 3:
      return a * c;
    case 4:
      return sqr(a);
    case 5:
      return abs(a);
    case 6:
      return hull(a, b);
    case 7:
      return c - a;
    case 8:
      return a + c;
    case 9:
      return a - c;
    case 10:
      return -a;
    case 11:
      return a / c;
    case 12:
      return a / b;
    default:
      return c / a;
  }
}

bool divides_by_zero(int which, Interval a, Interval b, double c) {
  return (which == 11 && c == 0) || (which == 12 && b.contains_zero()) || (which == 13 && a.contains_zero());
}

// A random straight-line program of all operations on a real point and on intervals around it.
TEST(IntervalContainment, RandomPrograms) {
  auto random = seeded();
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<Interval> x;
    std::vector<Ball> point;
    for (int i = 0; i < 4; ++i) {
      const double v = draw(random);
      point.emplace_back(v);
      x.push_back(around(random, v));
    }
    for (int step = 0; step < 12; ++step) {
      const auto i = random() % x.size(), j = random() % x.size();
      const double c = draw(random);
      const int which = static_cast<int>(random() % kOperations);
      if (divides_by_zero(which, x[i], x[j], c)) continue;
      x.push_back(upward([&] { return operate(which, x[i], x[j], c); }));
      point.push_back(operate(which, point[i], point[j], c));
      ASSERT_TRUE(contains(x.back(), point.back())) << "trial " << trial << " step " << step;
    }
  }
}

// One operation on doubles is correctly rounded on both sides: never wider than two neighbours.
TEST(IntervalTightness, SingleOperations) {
  auto random = seeded();
  for (int trial = 0; trial < 20000; ++trial) {
    const double a = draw(random, 20), b = draw(random, 20);
    const auto one_ulp = [](Interval y) {
      return y.upper() == y.lower() || y.upper() == std::nextafter(y.lower(), kInfinity);
    };
    ASSERT_TRUE(one_ulp(upward([&] { return Interval(a) + Interval(b); })));
    ASSERT_TRUE(one_ulp(upward([&] { return Interval(a) * Interval(b); })));
    ASSERT_TRUE(one_ulp(upward([&] { return Interval(a) * b; })));
    ASSERT_TRUE(one_ulp(upward([&] { return Interval(a) / Interval(b); })));
    ASSERT_TRUE(one_ulp(upward([&] { return Interval(a) / b; })));
    ASSERT_TRUE(one_ulp(upward([&] { return sqr(Interval(a)); })));
  }
}

// Ends of products and quotients are those of the corners.
TEST(IntervalTightness, ProductsOfSignedIntervals) {
  const auto product = [](Interval x, Interval y) { return upward([&] { return x * y; }); };
  const auto expect = [](Interval y, double low, double high) {
    EXPECT_EQ(y.lower(), low);
    EXPECT_EQ(y.upper(), high);
  };
  const Interval p(2, 3), n(-3, -2), m(-2, 3);
  expect(product(p, p), 4, 9);
  expect(product(p, n), -9, -4);
  expect(product(n, n), 4, 9);
  expect(product(m, p), -6, 9);
  expect(product(m, n), -9, 6);
  expect(product(m, m), -6, 9);
  expect(upward([&] { return sqr(m); }), 0, 9);
  expect(upward([&] { return sqr(n); }), 4, 9);
  expect(upward([&] { return abs(n); }), 2, 3);
  expect(upward([&] { return m / Interval(1, 2); }), -2, 3);
  expect(upward([&] { return m / Interval(-2, -1); }), -3, 2);
  expect(upward([&] { return Interval(4, 6) / Interval(2, 4); }), 1, 3);
  expect(upward([&] { return Interval(-6, -4) / Interval(2, 4); }), -3, -1);
  expect(upward([&] { return max(m, Interval(1, 2)); }), 1, 3);
  expect(upward([&] { return min(m, Interval(1, 2)); }), -2, 2);
  expect(upward([&] { return intersect(m, p); }), 2, 3);
  EXPECT_TRUE(disjoint(p, n));
  EXPECT_FALSE(disjoint(m, p));
}

double random_end(std::mt19937_64& random) {
  const double special[] = {0.0,      -0.0,      1.0,       -1.0,       kInfinity, -kInfinity,
                            kLargest, -kLargest, 0x1p-1074, -0x1p-1074, 0x1p-1022};
  if (random() % 2 == 0) return special[random() % std::size(special)];
  return std::bit_cast<double>(random());  // any bits, NaN among them
}

// No operation on any ends whatever makes a NaN or an inverted bound.
TEST(IntervalInfinity, NoNaNEver) {
  auto random = seeded();
  const auto sound = [](Interval y) {
    return y.bounds[0] > -kInfinity && y.bounds[1] > -kInfinity && y.lower() <= y.upper();
  };
  for (int trial = 0; trial < 200000; ++trial) {
    double low = random_end(random), high = random_end(random), c = random_end(random);
    double low2 = random_end(random), high2 = random_end(random);
    if (high < low) std::swap(low, high);
    if (high2 < low2) std::swap(low2, high2);
    if (!std::isfinite(c)) c = 0.0;
    const Interval a(low, high), b(low2, high2);
    ASSERT_TRUE(sound(a) && sound(b)) << low << " " << high;
    const auto all = [&] {
      return std::vector<Interval>{a + b, a - b, a * b, a / b,  -a,     a + c,      a - c,     c - a,
                                   a * c, a / c, c / a, sqr(a), abs(a), hull(a, b), max(a, b), min(a, b)};
    };
    int index = 0;
    for (const Interval& y : upward(all)) {
      ASSERT_TRUE(sound(y)) << "operation " << index << " on [" << low << ", " << high << "] and [" << low2
                            << ", " << high2 << "], " << c;
      ++index;
    }
    ASSERT_TRUE(a.contains(upward([&] { return a.mid(); })));
  }
}

TEST(IntervalInfinity, UnknownStaysUnknown) {
  const Interval whole = Interval::whole(), zero = 0.0;
  const auto is_whole = [](Interval y) { return y.lower() == -kInfinity && y.upper() == kInfinity; };
  EXPECT_TRUE(is_whole(Interval(std::nan(""), std::nan(""))));
  EXPECT_TRUE(is_whole(upward([&] { return whole * zero; })));
  EXPECT_TRUE(is_whole(upward([&] { return whole * 0.0; })));
  EXPECT_TRUE(is_whole(upward([&] { return Interval(1) / Interval(-1, 2); })));
  EXPECT_TRUE(is_whole(upward([&] { return Interval(1) / Interval(0, 2); })));
  EXPECT_TRUE(is_whole(upward([&] { return Interval(1) / 0.0; })));
  EXPECT_FALSE(whole.is_positive() || whole.is_negative() || whole.is_bounded());
  EXPECT_EQ(upward([&] { return Interval(kLargest) + Interval(kLargest); }).lower(), kLargest);
  EXPECT_EQ(upward([&] { return Interval(kLargest) + Interval(kLargest); }).upper(), kInfinity);
  EXPECT_EQ(upward([&] { return Interval(1, 2) / Interval(1, kInfinity); }).lower(), 0.0);
}

TEST(IntervalMeasures, MidRadiusWidth) {
  auto random = seeded();
  for (int trial = 0; trial < 100000; ++trial) {
    const double low = draw(random, 60), high = low + std::abs(draw(random, 60));
    const Interval a(low, high);
    const double mid = upward([&] { return a.mid(); }), radius = upward([&] { return a.radius(); });
    const Ball exact_radius = exact(radius);
    ASSERT_TRUE(a.contains(mid));
    ASSERT_TRUE(test::certainly_le(exact(high) - exact(mid), exact_radius));
    ASSERT_TRUE(test::certainly_le(exact(mid) - exact(low), exact_radius));
    ASSERT_TRUE(test::certainly_le(exact(high) - exact(low), exact(upward([&] { return a.width(); }))));
    ASSERT_LE(radius, 0.500001 * (high - low) + 1e-15 * a.magnitude());
  }
}

// A row may lie so far below the largest possible one that no double holds its weights in that one's units.
TEST(IntervalNumber, RowsFarBelowTheLargestKeepTheirWeights) {
  constexpr double low = -1000.0, high = 0.0;
  const auto weight = [&](double score) {
    return upward([&] { return model::Number<Interval>::exp_difference(Interval(score), low, high); });
  };
  const Interval first = weight(low), second = weight(low - 1.0);
  EXPECT_GT(second.lower(), 0.0);
  EXPECT_TRUE(std::isfinite(weight(high).upper()));
  const Interval ratio = upward([&] { return second / first; });
  EXPECT_TRUE(ratio.contains(std::exp(-1.0)));
  EXPECT_LT(ratio.upper() - ratio.lower(), 1e-12);
}

TEST(IntervalNumber, FromRadius) {
  using Number = model::Number<Interval>;
  const Interval x = upward([] { return Number::from(0.1, 1e-17); });
  EXPECT_TRUE(test::certainly_le(exact(x.lower()), exact(0.1) - exact(1e-17)));
  EXPECT_TRUE(test::certainly_le(exact(0.1) + exact(1e-17), exact(x.upper())));
  EXPECT_EQ(Number::magnitude(Interval(-3, 2)), 3.0);
}

}  // namespace
}  // namespace carryscope
