// Roundings of the functions. Notation: u = 2^-24; k = the library function's bound in ulp.
// k ulp of a value y is at most 2 k u |y|, and at most k u where |y| <= 1.
// Products of two error terms are covered by the factor kSecondOrder.
#include "verify/float32.h"

#include <algorithm>
#include <cmath>

#include "verify/elementary.h"

namespace carryscope::verify {

namespace {

constexpr double kSecondOrder = 1.0 + 0x1p-10;  // k u <= 2^-10 for k <= 10000

// y = f(x) within `absolute` and underflow; nothing is known where nothing is known of x.
Float32 within(Float32 x, Interval y, double absolute) {
  if (!x.is_bounded()) return Interval::whole();
  return widened(y, 0.0, absolute * kSecondOrder + 2.0 * kFloatTiny);
}

Float32 within_ulps(Float32 x, Interval y, double ulps) {
  if (!x.is_bounded()) return Interval::whole();
  return widened(y, 2.0 * ulps * kFloatUnit * kSecondOrder, kFloatTiny);
}

Interval at_most_one(Interval y) { return intersect(y, Interval(-1.0 - 0x1p-10, 1.0 + 0x1p-10)); }

// |y| <= 1: k ulp are k u |y| 2 below a power of two, and never more than k u.
Float32 bounded_by_one(Float32 x, Interval y, double ulps) {
  if (!x.is_bounded()) return Interval::whole();
  const double size = std::min(2.0 * y.magnitude(), 1.0);
  return widened(y, 0.0, ulps * kFloatUnit * size * kSecondOrder + kFloatTiny);
}

bool is_normal_float(double value) {
  return value == 0.0 ||
         (static_cast<double>(static_cast<float>(value)) == value && std::abs(value) >= kFloatTiny);
}

}  // namespace

Float32 float32_constant(double value, double radius) {
  const Interval exact = model::Number<Interval>::from(value, radius);
  return radius == 0.0 && is_normal_float(value) ? Float32(exact) : rounded(exact);
}

Float32 float32_absorb(Interval x, double magnitude, int roundings) {
  const double nu = roundings * kFloatUnit;
  if (!(nu < 0.5) || !(magnitude <= kFloatLimit)) return Interval::whole();
  const double gamma = nu / -(nu - 1.0);  // the divisor is rounded down
  return widened(x, 0.0, gamma * magnitude + (1.0 + gamma) * roundings * kFloatTiny);
}

// fl(s - row) is off by u |s - row| <= u (high - s), as s <= row <= high. The exponential is off by k ulp
// and by its underflow, which only shrinks in the row's units: exp(row - high) <= 1.
Float32 float32_exp_difference(Interval score, double high) {
  if (!Float32(score).is_bounded() || !(std::abs(high) <= kFloatLimit)) return Interval::whole();
  const double slip = kFloatUnit * std::max(high - score.lower(), 0.0) + kFloatTiny;
  const Interval y = exp(widened(score - high, 0.0, slip));
  const Interval wide = widened(y, 2.0 * library_ulps().exp * kFloatUnit, kFloatTiny);
  return Interval(std::max(wide.lower(), 0.0), wide.upper());
}

Float32 exp(Float32 x) {
  const Float32 y = within_ulps(x, exp(x.range), library_ulps().exp);
  return Interval(std::max(y.range.lower(), 0.0), y.range.upper());
}
Float32 erf(Float32 x) { return bounded_by_one(x, erf(x.range), library_ulps().erf); }
Float32 tanh(Float32 x) { return bounded_by_one(x, tanh(x.range), library_ulps().tanh); }
Float32 sqrt(Float32 x) { return within_ulps(x, sqrt(x.range), library_ulps().sqrt); }

// x/2 (1 + erf(y)), y = x sqrt(1/2) in any grouping; the factor 1/2 is exact.
//   y is off by 2u (constant, product), so erf by 2u y erf'(y) <= 0.97 u, and by its own k u;
//   1 + erf by u (1 + erf); the last product by u |gelu|:  u (|x|/2 (k + 0.97) + 2 |gelu|) in all.
Float32 gelu_erf(Float32 x) {
  const Interval y = gelu_erf(x.range);
  const double size = x.range.magnitude(), k = library_ulps().erf;
  return within(x, y, kFloatUnit * (0.5 * size * (k + 1.0) + 2.0 * y.magnitude()) + size * kFloatTiny);
}

// x/2 (1 + tanh(v)), v = sqrt(2/pi) (x + 0.044715 x^3) = sqrt(2/pi) x (1 + 0.044715 x^2).
//   v is off by at most 8 roundings, so tanh by 8u v tanh'(v) <= 3.6 u, and by its own k u; the rest as
//   above.
Float32 gelu_tanh(Float32 x) {
  if (x.range.magnitude() > 0x1p36) return Interval::whole();  // x^3 may overflow
  const Interval y = gelu_tanh(x.range);
  const double size = x.range.magnitude(), k = library_ulps().tanh;
  return within(x, y, kFloatUnit * (0.5 * size * (k + 3.7) + 2.0 * y.magnitude()) + size * kFloatTiny);
}

// x / (1 + exp(-x)) or x (1 / (1 + exp(-x))): 2 k u of the exponential, seen through its share
// e / (1 + e) = s(-x) of the denominator, and three roundings. Where exp(-x) overflows the result is 0,
// off by |x| exp(-88) < |x| 2^-126.
Float32 silu(Float32 x) {
  const Interval y = silu(x.range);
  const double share = sigmoid(-x.range).upper(), size = x.range.magnitude();
  const double relative = kFloatUnit * (2.0 * library_ulps().exp * share + 3.0);
  return within(x, y, relative * y.magnitude() + size * kFloatTiny);
}

Float32 relu(Float32 x) { return x.is_bounded() ? Float32(relu(x.range)) : Float32(Interval::whole()); }

// The angle is off by two roundings (frequency, product), each turned into as much error at most.
std::pair<Float32, Float32> float32_turn(int position, double frequency) {
  const auto [cosine, sine] = turn(position, frequency);
  const double angle = std::abs(position * frequency) * (1.0 + 0x1p-50);
  const double error = kFloatUnit * (2.0 * angle + library_ulps().sincos) * kSecondOrder + kFloatTiny;
  return {at_most_one(widened(cosine, 0.0, error)), at_most_one(widened(sine, 0.0, error))};
}

}  // namespace carryscope::verify
