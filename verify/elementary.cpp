// Point values and monotone functions. Notation: u = 2^-52 bounds the relative error of one rounding
// in any mode. A bound below is for |computed - exact| / exact; the enclosures divide by computed
// instead, which the slack in the last digit of each constant covers.
#include "verify/elementary.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "verify/elementary_tables.h"

namespace carryscope::verify {

namespace {

constexpr double kTiny = std::numeric_limits<double>::denorm_min();
constexpr double kBelowTwo = 0x1.fffffffffffffp0;

// exp(high + low) = mantissa 2^exponent (1 +- kExpError). |low| <= 2^-14, |high| <= 761.
//   high = n ln2/64 + r, |r| <= 0.0112;  exp = 2^(n div 64) T[n mod 64] (1 + q(r)), q Taylor of degree 6.
//   last addition u; r: 3 roundings below 2^-58; q's own, T q and T's low part: 5 more at 0.0112 u;
//   Taylor's remainder 0.0112^7/5040 = 4.4e-18. In all below 2.5e-16.
constexpr double kExpError = 2.5e-16;
struct Scaled {
  double mantissa;
  int exponent;
};

Scaled exp_scaled(double high, double low) {
  constexpr double kPerPiece = 0x1.71547652b82fep+6;  // 64 / ln 2
  constexpr double kHigh = 0x1.62e42fefap-7;          // ln 2 / 64, 36 bits: n kHigh is exact
  constexpr double kLow = 0x1.cf79abc9e3b3ap-46;      // the rest, to 2e-30
  constexpr double kToInteger = 0x1.8p52;
  const double rounded = (high * kPerPiece - 0.5 + kToInteger) - kToInteger;
  const int n = static_cast<int>(rounded);
  const double r = ((high - rounded * kHigh) - rounded * kLow) + low;
  const double square = r * r;
  const double tail = (0.5 + r * (1.0 / 6)) + square * ((1.0 / 24 + r * (1.0 / 120)) + square * (1.0 / 720));
  const auto& power = kExpTable[n & (kExpPieces - 1)];
  return {power[0] + (power[1] + power[0] * (r + square * tail)), n >> 6};
}

double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

// x 2^exponent, -1100 <= exponent <= 1100; a bound that leaves the normal range is rounded outward.
Interval scaled(Interval x, int exponent) {
  if (exponent >= -1021 && exponent <= 1022) [[likely]]
    return Interval::from_pair(x.bounds * pair::both(power_of_two(exponent)));
  const int half = exponent / 2;
  const Pair once = x.bounds * pair::both(power_of_two(half));
  return Interval::from_pair(
      pair::max(once * pair::both(power_of_two(exponent - half)), pair::both(-kLargest)));
}

// value (1 +- error), value >= 0.
Interval around(double value, double error) {
  return Interval::from_pair(Pair{-value, value} + pair::both(value * error));
}

// exp(-x^2 / 2) for |x| < 39: x = a + b with 26 bits in a, so a^2 is exact.
Scaled exp_half_square(double x) {
  const double a = std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) & ~std::uint64_t{0x7ffffff});
  return exp_scaled(-0.5 * a * a, -0.5 * (x - a) * (x + a));
}

// The row of a function on [0, 1) at 0 <= x <= 1.
double unit_value(const double (&rows)[kUnitPieces][kRow], double x) {
  const Piece piece = piece_of(std::min(1.0 + x, kBelowTwo));
  return row_value(rows[piece.index], x - (piece.centre - 1.0));
}

constexpr double kMillsError = kRowError + kExpError + 2.3e-16;  // and their product
constexpr double kFar = 39.0;                                    // Phi(-39) < 2^-1074

// Phi(-x), 1 <= x.
Interval upper_tail(double x, Scaled bell) {
  if (x >= kFar) return Interval::from_pair(Pair{0.0, kTiny});
  const Piece piece = piece_of(x);
  return scaled(around(bell.mantissa * row_value(kMillsRows[piece.index], x - piece.centre), kMillsError),
                bell.exponent);
}

Interval cdf_near_zero(double x) {
  const Interval slope = around(unit_value(kNormalRows, std::abs(x)), kRowError);
  return 0.5 + slope * x;
}

Interval root_of_two() { return Interval::from_pair(Pair{-0x1.6a09e667f3bccp+0, 0x1.6a09e667f3bcdp+0}); }

}  // namespace

namespace at {

Interval exp(double x) {
  if (x > 710.0) return Interval::from_pair(Pair{-kLargest, kInfinity});
  if (x < -746.0) return Interval::from_pair(Pair{0.0, kTiny});
  const Scaled y = exp_scaled(x, 0.0);
  return scaled(around(y.mantissa, kExpError), y.exponent);
}

Interval sigmoid(double x) { return 1.0 / (exp(-x) + 1.0); }

Interval tanh(double x) {
  const double size = std::abs(x);
  if (size < 1.0) return around(unit_value(kTanhRows, size), kRowError) * x;
  const Interval y = 1.0 - 2.0 / (exp(2.0 * size) + 1.0);
  return x < 0.0 ? -y : y;
}

Normal normal(double x) {
  const Interval scale =
      Interval::from_pair(Pair{-0x1.9884533d43650p-2, 0x1.9884533d43651p-2});  // 1/sqrt(2 pi)
  const double size = std::abs(x);
  const Scaled bell = size < kFar ? exp_half_square(size) : Scaled{0.0, 0};
  const Interval density = size < kFar ? scaled(around(bell.mantissa, kExpError) * scale, bell.exponent)
                                       : Interval::from_pair(Pair{0.0, kTiny});
  if (size < 1.0) return {cdf_near_zero(x), density};
  const Interval tail = upper_tail(size, bell);
  return {x < 0.0 ? tail : 1.0 - tail, density};
}

Interval normal_cdf(double x) {
  const double size = std::abs(x);
  if (size < 1.0) return cdf_near_zero(x);
  const Interval tail = upper_tail(size, size < kFar ? exp_half_square(size) : Scaled{0.0, 0});
  return x < 0.0 ? tail : 1.0 - tail;
}

}  // namespace at

namespace {

// f over x for increasing f.
template <class F>
Interval increasing(F f, Interval x) {
  if (x.lower() == x.upper()) return f(x.lower());
  return Interval::from_pair(Pair{f(x.lower()).bounds[0], f(x.upper()).bounds[1]});
}

// erf(x) = 2 Phi(sqrt2 x) - 1; near zero through (Phi(y) - 1/2) / y, which falls from 0.4 to 0.34 on [0, 1].
Interval erf_at(double x) {
  const Interval y = root_of_two() * std::min(std::abs(x), 1e300);
  if (y.upper() <= 1.0) {
    const Interval slope = hull(around(unit_value(kNormalRows, y.upper()), kRowError),
                                around(unit_value(kNormalRows, y.lower()), kRowError));
    return slope * root_of_two() * (2.0 * x);
  }
  const Interval z = 2.0 * increasing(at::normal_cdf, y) - 1.0;
  return x < 0.0 ? -z : z;
}

}  // namespace

Interval exp(Interval x) { return increasing(at::exp, x); }
Interval tanh(Interval x) { return intersect(increasing(at::tanh, x), Interval(-1.0, 1.0)); }
Interval sigmoid(Interval x) { return 1.0 / (exp(-x) + 1.0); }
Interval normal_cdf(Interval x) { return intersect(increasing(at::normal_cdf, x), Interval(0.0, 1.0)); }
Interval erf(Interval x) { return intersect(increasing(erf_at, x), Interval(-1.0, 1.0)); }

Interval normal_density(Interval x) {
  return Interval::from_pair(
      Pair{at::normal(x.magnitude()).density.bounds[0], at::normal(x.mignitude()).density.bounds[1]});
}

Interval sqrt(Interval x) {
  if (x.is_negative()) return Interval::whole();
  // The root is rounded up, so low / root is a lower bound, and exact where the root is.
  const double low = std::max(x.lower(), 0.0), root = std::sqrt(low);
  const double negated_low = low > 0.0 ? -low / root : 0.0;
  return Interval::from_pair(Pair{negated_low, std::sqrt(x.upper())});
}

}  // namespace carryscope::verify
