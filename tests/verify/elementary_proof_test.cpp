// The proofs that verify/elementary.cpp and activation.cpp rest on, in ball arithmetic:
//   every row of every table is within kRowError of its function, roundings included;
//   the exponential's table and its series are as exact as stated;
//   activations turn where they are said to, and nowhere else.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/verify/ball.h"
#include "tests/verify/upward.h"
#include "verify/elementary.h"
#include "verify/elementary_tables.h"

namespace carryscope {
namespace {

using test::Ball;
using test::Series;
using verify::kRow;
using verify::kRowError;

Ball two() { return Ball(2); }
Series constant(const Ball& x) { return Series(x); }

// sum of |coefficient i| h^i: bounds the polynomial on |t| <= h, remainder term included.
Ball size_on(const Series& s, int terms, const Ball& h) {
  Ball sum(0), power(1);
  for (int i = 0; i < terms; ++i) {
    sum = sum + abs(s[i]) * power;
    power = power * h;
  }
  return sum;
}

// Taylor's polynomial of f about m, the last coefficient replaced by its range over [m - h, m + h]:
// encloses f there, as a polynomial in t = x - m.
using Expansion = std::function<Series(const Series&)>;
Series enclosing(const Expansion& f, const Ball& m, const Ball& h, int terms = test::kLength) {
  Series s = f(Series::variable(m));
  Ball around;
  arb_set(around.x, m.x);
  arb_add_error(around.x, h.x);
  const Ball last = f(Series::variable(around))[terms - 1];
  arb_poly_set_coeff_arb(s.p, terms - 1, last.x);
  return s;
}

// The row as a polynomial in (m - centre) + t.
Series row_series(const double (&a)[kRow], const Ball& offset) {
  const Series x = Series::variable(offset);
  Series p = constant(Ball(a[kRow - 1]));
  for (int i = kRow - 2; i >= 0; --i) p = p * x + constant(Ball(a[i]));
  return p;
}

// A bound for the rounding errors of row_value for |t| <= h, rounding in any mode: u = 2^-52; the last
// addition u |p|, every other term at most 12 roundings; t itself may be off by t_error.
Ball rounding_bound(const double (&a)[kRow], const Ball& h, const Ball& t_error) {
  const Ball u(0x1p-52);
  Ball small(0), slope(0), power(1);
  for (int i = 1; i < kRow; ++i) {
    slope = slope + Ball(i * std::abs(a[i])) * power;
    power = power * h;
    small = small + Ball(std::abs(a[i])) * power;
  }
  const Ball result = Ball(std::abs(a[0])) + small;
  const Ball linear = Ball(std::abs(a[1])) * h;
  return (u * result + Ball(3) * u * linear + Ball(12) * u * (small - linear) + t_error * slope) *
         Ball(1 + 0x1p-20);
}

// Proves |row_value - f| <= kRowError f on the piece around `centre`, where f > 0 is given by its
// expansion. For pieces that touch a removable singularity at 0, f(x) = g(x) / x is given by g.
void prove_row(const double (&a)[kRow], double centre, double half, const Expansion& f, double t_error) {
  const int parts = centre < 16 ? 8 : 40;
  const Ball h = Ball(half) * Ball(1 + 0x1p-30), part = h / Ball(parts);
  const Ball rounding = rounding_bound(a, h, Ball(t_error));
  for (int i = 0; i < parts; ++i) {
    const Ball offset = Ball(2 * i + 1 - parts) * part;
    const Series exact = enclosing(f, Ball(centre) + offset, part);
    const Ball truncation = size_on(row_series(a, offset) - exact, test::kLength, part);
    const Ball least = exact[0] - (size_on(exact, test::kLength, part) - abs(exact[0]));
    // kRowError leaves 2^-20 of itself for dividing by the computed value instead of the exact one.
    ASSERT_TRUE(test::certainly_le(truncation + rounding, Ball(kRowError * (1 - 0x1p-20)) * least))
        << "centre " << centre << ": truncation " << test::approximate(truncation / least) << " rounding "
        << test::approximate(rounding / least);
  }
}

// Near 0, with g = f x: |x p(x) - g(x)| <= x sup |(x p - g)'|, and g(x) >= x inf g'.
void prove_row_at_zero(const double (&a)[kRow], double half, const Expansion& g) {
  const Ball h = Ball(half) * Ball(1 + 0x1p-30);
  const Ball rounding = rounding_bound(a, h, Ball(0x1p-58));  // of p: x p is rounded by the caller
  const auto slope = [&](const Series& x) { return derivative(g(x)); };
  const auto difference = [&](const Series& x) {
    return derivative(x * row_series(a, x[0] - Ball(half)) - g(x));
  };
  constexpr int kTerms = test::kLength - 1, kParts = 8;
  const Ball part = h / Ball(kParts);
  for (int i = 0; i < kParts; ++i) {
    const Ball m = Ball(half) + Ball(2 * i + 1 - kParts) * part;
    const Series exact = enclosing(slope, m, part, kTerms);
    const Ball truncation = size_on(enclosing(difference, m, part, kTerms), kTerms, part);
    const Ball least = exact[0] - (size_on(exact, kTerms, part) - abs(exact[0]));
    ASSERT_TRUE(test::certainly_le(truncation + rounding, Ball(kRowError * (1 - 0x1p-20)) * least))
        << "near 0: truncation " << test::approximate(truncation) << " rounding "
        << test::approximate(rounding);
  }
}

Series mills(const Series& x) {
  const Series y = x * constant(Ball(1) / sqrt(two()));
  return exp(y * y) * erfc(y) * constant(Ball(0.5));
}
Series normal_above_half(const Series& x) {
  return (constant(Ball(1)) - erfc(x * constant(Ball(1) / sqrt(two())))) * constant(Ball(0.5));
}
Series tanh_series(const Series& x) {
  const Series e = exp(x * constant(two()));
  return (e - constant(Ball(1))) / (e + constant(Ball(1)));
}

TEST(ElementaryProof, MillsRows) {
  for (int i = 0; i < verify::kMillsPieces && !testing::Test::HasFailure(); ++i) {
    const double octave = std::ldexp(1, i / 32), half = octave / 64;
    const double centre = octave + (2 * (i % 32) + 1) * half;
    const verify::Piece piece = verify::piece_of(centre + half / 2);
    ASSERT_EQ(piece.index, static_cast<std::size_t>(i));
    ASSERT_EQ(piece.centre, centre);
    prove_row(verify::kMillsRows[i], centre, half, mills, 0.0);  // x - centre is exact within an octave
  }
}

void prove_unit_rows(const double (&rows)[verify::kUnitPieces][kRow], const Expansion& g) {
  constexpr double kHalf = 1.0 / 64;
  prove_row_at_zero(rows[0], kHalf, g);
  for (int i = 1; i < verify::kUnitPieces && !testing::Test::HasFailure(); ++i)
    prove_row(
        rows[i], (2 * i + 1) * kHalf, kHalf, [&](const Series& x) { return g(x) / x; }, 0x1p-58);
}

TEST(ElementaryProof, NormalRows) { prove_unit_rows(verify::kNormalRows, normal_above_half); }
TEST(ElementaryProof, TanhRows) { prove_unit_rows(verify::kTanhRows, tanh_series); }

Series gelu_erf_series(const Series& x) { return x * (constant(Ball(0.5)) + normal_above_half(x)); }

// |row_value - f| <= kRowError |row_value| + kNearError on one part of a piece.
void prove_near_part(const double (&a)[kRow], const Ball& centre, const Ball& offset, const Ball& part,
                     const Expansion& f, int terms) {
  const Series row = row_series(a, offset);
  const Ball error = size_on(row - enclosing(f, centre + offset, part, terms), terms, part) +
                     rounding_bound(a, abs(offset) + part, Ball(0x1p-57));
  const Ball least = abs(row[0]) - (size_on(row, kRow, part) - abs(row[0]));
  const Ball floor = test::certainly_lt(Ball(0), least) ? least : Ball(0);
  ASSERT_TRUE(test::certainly_le(error, Ball(kRowError * (1 - 0x1p-20)) * floor + Ball(verify::kNearError)))
      << "centre " << test::approximate(centre) << ": " << test::approximate(error);
}

void prove_near_rows(const double (&rows)[verify::kNearPieces][kRow], const Expansion& f, int terms) {
  constexpr int kParts = 8;
  const Ball part = Ball(1.0 / 32) * Ball(1 + 0x1p-30) / Ball(kParts);
  for (int i = 0; i < verify::kNearPieces && !testing::Test::HasFailure(); ++i) {
    const double centre = (2 * i + 1) / 32.0 - 8.0;
    ASSERT_EQ(verify::near_value(rows, centre), rows[i][0]);
    for (int k = 0; k < kParts; ++k)
      prove_near_part(rows[i], Ball(centre), Ball(2 * k + 1 - kParts) * part, part, f, terms);
  }
}

TEST(ElementaryProof, NearRows) {
  prove_near_rows(
      verify::kNearCdfRows, [](const Series& x) { return constant(Ball(0.5)) + normal_above_half(x); },
      test::kLength);
  prove_near_rows(
      verify::kNearGeluSlopeRows, [](const Series& x) { return derivative(gelu_erf_series(x)); },
      test::kLength - 1);
}

// A wrong digit in a row does not pass.
TEST(ElementaryProof, NoticesADamagedRow) {
  double row[kRow];
  std::copy(std::begin(verify::kMillsRows[40]), std::end(verify::kMillsRows[40]), row);
  row[3] *= 1 + 1e-9;
  const Ball h(1.0 / 32);
  const Series exact = enclosing(mills, Ball(verify::piece_of(2.5).centre), h);
  EXPECT_FALSE(test::certainly_le(size_on(row_series(row, Ball(0)) - exact, test::kLength, h),
                                  Ball(kRowError) * exact[0]));
}

TEST(ElementaryProof, ExponentialTable) {
  Ball log2;
  arb_const_log2(log2.x, test::kBits);
  for (int j = 0; j < verify::kExpPieces; ++j) {
    const auto& row = verify::kExpTable[j];
    const Ball power = exp(log2 * Ball(j) / Ball(64));
    EXPECT_TRUE(test::certainly_le(abs(Ball(row[0]) + Ball(row[1]) - power), Ball(0x1p-105)));
    EXPECT_LE(std::abs(row[1]), 0x1p-53);
  }
  // The constants of exp_scaled: ln2/64 = kHigh + kLow to 2e-30, kHigh has 36 bits.
  const Ball step = log2 / Ball(64);
  EXPECT_TRUE(
      test::certainly_le(abs(Ball(0x1.62e42fefap-7) + Ball(0x1.cf79abc9e3b3ap-46) - step), Ball(2e-30)));
  EXPECT_EQ(std::ldexp(0x1.62e42fefap-7, 42), std::floor(std::ldexp(0x1.62e42fefap-7, 42)));
}

// gelu_erf'' = density (2 - x^2) and silu'' = s (1 - s) (2 - x tanh(x/2)) change sign at two points each.
// gelu_tanh'' has no such form: its sign is proven by bisection.
Series gelu_tanh_series(const Series& x) {
  const Ball k = Ball(44715) / Ball(1000000), scale = two() * sqrt(two() / test::pi());
  const Series v = constant(scale) * (x + constant(k) * x * x * x);
  return x / (constant(Ball(1)) + exp(constant(Ball(0)) - v));
}
Series silu_series(const Series& x) { return x / (constant(Ball(1)) + exp(constant(Ball(0)) - x)); }

// Proves that the n-th derivative has one sign on [low, high].
void prove_sign(const Expansion& f, int n, double low, double high, int sign, int depth = 0) {
  Ball x;
  arb_set_d(x.x, 0.5 * low + 0.5 * high);
  const Ball radius((high - low) * 0.5000001);
  arb_add_error(x.x, radius.x);
  const Ball value = f(Series::variable(x))[n];
  if (sign > 0 ? arb_is_positive(value.x) : arb_is_negative(value.x)) return;
  ASSERT_LT(depth, 60) << "no sign near " << low;
  const double middle = 0.5 * (low + high);
  prove_sign(f, n, low, middle, sign, depth + 1);
  if (!testing::Test::HasFatalFailure()) prove_sign(f, n, middle, high, sign, depth + 1);
}

struct Activation {
  Expansion f;
  double minimum, turn;  // f' = 0 at minimum; f'' = 0 at -turn and turn, and nowhere else
  verify::Interval (*range)(verify::Interval);
  verify::Interval (*slope)(verify::Interval);
  double far;  // beyond it the enclosure does not use monotonicity
};

const Activation kActivations[] = {
    {gelu_erf_series, -0x1.80ead197f00b4p-1, 0x1.6a09e667f3bcdp+0, verify::gelu_erf, verify::gelu_erf_slope,
     39.5},
    {gelu_tanh_series, -0x1.81429f9e97e4dp-1, 0x1.6b23142700629p+0, verify::gelu_tanh,
     verify::gelu_tanh_slope, 21.5},
    {silu_series, -0x1.474973c84120bp+0, 0x1.331e23ad9de11p+1, verify::silu, verify::silu_slope, 60}};

TEST(ElementaryProof, ActivationsTurnWhereTheyAreSaidTo) {
  constexpr double kNear = 0x1p-40;  // as in activation.cpp
  for (const Activation& a : kActivations) {
    // f'' < 0, > 0, < 0: so f' falls, rises, falls.
    prove_sign(a.f, 2, -a.far, -a.turn - kNear, -1);
    prove_sign(a.f, 2, -a.turn + kNear, a.turn - kNear, 1);
    prove_sign(a.f, 2, a.turn + kNear, a.far, -1);
    // f' has its one zero at the minimum: below -turn it is negative (falling from 0), above turn positive.
    prove_sign(a.f, 1, a.minimum - 1e-3, a.minimum - kNear, -1);
    prove_sign(a.f, 1, a.minimum + kNear, a.minimum + 1e-3, 1);
    for (double at : {-a.turn, a.turn}) {
      const Ball value = a.f(Series::variable(Ball(at)))[1];
      const auto range = test::upward(a.slope, verify::Interval(at));
      EXPECT_TRUE(test::certainly_le(Ball(range.lower()), value) &&
                  test::certainly_le(value, Ball(range.upper())));
      EXPECT_LE(range.width(), 3e-15);
    }
    // The least value lies within 1e-23 of f(minimum): f'' < 1 and the minimum is known to 2^-40 at least.
    const Ball least = a.f(Series::variable(Ball(a.minimum)))[0];
    const auto range = test::upward(a.range, verify::Interval(-3.0, 3.0));
    EXPECT_TRUE(test::certainly_le(Ball(range.lower()), least - Ball(1e-23)));
    EXPECT_LE(-range.lower(), -test::approximate(least) + 1e-15);
  }
}

}  // namespace
}  // namespace carryscope
