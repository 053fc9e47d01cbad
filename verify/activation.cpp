// Activations and their derivatives over an interval. Each is monotone between its turning points:
// its range is the hull of its values at both ends and at the turning points in between. That these
// are all the turning points, and their values, is proven in tests/verify/elementary_test.cpp.
#include <algorithm>
#include <cmath>
#include <span>

#include "model/error.h"
#include "verify/elementary.h"
#include "verify/elementary_tables.h"

namespace carryscope::verify {

namespace {

constexpr double kTiny = std::numeric_limits<double>::denorm_min();
const Interval kAlmostOne(1.0 - 0x1p-53, 1.0 + 0x1p-52);

// The function turns somewhere in [low, high], where its value lies in [least, greatest].
struct Turn {
  double low, high, least, greatest;
};

constexpr Turn turn_near(double x, double value) {
  return {x - 0x1p-40, x + 0x1p-40, value - 0x1p-52, value + 0x1p-52};
}

// f(x) for finite doubles; f also encloses the limits beyond +-kLargest, save the upper one of the
// functions that grow.
template <class F>
Interval range(F f, Interval x, std::span<const Turn> turns) {
  const double low = std::max(x.lower(), -kLargest), high = std::min(x.upper(), kLargest);
  Interval y = f(low);
  if (low == high) return y;
  y = hull(y, f(high));
  for (const Turn& turn : turns)
    if (low <= turn.high && turn.low <= high) y = hull(y, Interval(turn.least, turn.greatest));
  return y;
}

// The same for functions like max(x, 0), which grow without bound to the right.
template <class F>
Interval growing_range(F f, Interval x, std::span<const Turn> turns) {
  const Interval y = range(f, x, turns);
  return x.upper() == kInfinity ? hull(y, Interval(y.upper(), kInfinity)) : y;
}

bool is_near(double x) { return x >= -8.0 && x <= 7.99; }
Interval near_at(const double (&rows)[kNearPieces][kRow], double x) {
  const double value = near_value(rows, x), error = std::abs(value) * kRowError + kNearError;
  return Interval::from_pair(Pair{error - value, value + error});
}

Interval gelu_erf_at(double x) {
  if (is_near(x)) return near_at(kNearCdfRows, x) * x;
  return x < -39.0 ? Interval(-kTiny, 0.0) : at::normal_cdf(x) * x;
}

// Phi(x) + x phi(x)
Interval gelu_erf_slope_at(double x) {
  if (is_near(x)) return near_at(kNearGeluSlopeRows, x);
  if (x < -39.0) return Interval(-kTiny, 0.0);
  if (x > 39.0) return kAlmostOne;
  const at::Normal normal = at::normal(x);
  return normal.cdf + normal.density * x;
}

// e = exp(-x) gives s(x) = 1 / (1 + e) and 1 - s(x) = e / (1 + e), both with small relative error.
struct Logistic {
  Interval value, rest;
};
Logistic logistic(Interval x) {
  const Interval e = exp(-x), value = 1.0 / (e + 1.0);
  return {value, e * value};
}

Interval silu_at(double x) { return x < -760.0 ? Interval(-kTiny, 0.0) : at::sigmoid(x) * x; }

// s (1 + x (1 - s))
Interval silu_slope_at(double x) {
  if (x < -700.0) return Interval(-1e-300, 0.0);
  if (x > 700.0) return kAlmostOne;
  const Logistic s = logistic(x);
  return s.value * (s.rest * x + 1.0);
}

// gelu_tanh(x) = x s(v), v = 2 sqrt(2/pi) (x + k x^3), v' = 2 sqrt(2/pi) (1 + 3 k x^2)
struct Inner {
  Interval value, slope;
};
Inner gelu_tanh_inner(double x) {
  const Interval scale(0x1.9884533d43650p+0, 0x1.9884533d43651p+0);  // 2 sqrt(2 / pi)
  const Interval k(0.044715 - 0x1p-57, 0.044715 + 0x1p-57), kx2 = k * sqr(Interval(x));
  return {scale * x * (kx2 + 1.0), scale * (kx2 * 3.0 + 1.0)};
}

Interval gelu_tanh_at(double x) {
  if (x < -100.0) return Interval(-kTiny, 0.0);
  if (x > 100.0) return Interval(1.0 - 0x1p-53, 1.0) * x;
  return sigmoid(gelu_tanh_inner(x).value) * x;
}

Interval gelu_tanh_slope_at(double x) {
  if (x < -21.0) return Interval(-1e-298, 0.0);
  if (x > 21.0) return kAlmostOne;
  const Inner inner = gelu_tanh_inner(x);
  const Logistic s = logistic(inner.value);
  return s.value * (s.rest * inner.slope * x + 1.0);
}

}  // namespace

Interval gelu_erf(Interval x) {
  static constexpr Turn turns[] = {turn_near(-0x1.80ead197f00b4p-1, -0x1.5c19dd4b1a3fbp-3)};
  return growing_range(gelu_erf_at, x, turns);
}

Interval gelu_erf_slope(Interval x) {
  static constexpr Turn turns[] = {turn_near(-0x1.6a09e667f3bcdp+0, -0x1.07fee57f1cd3bp-3),
                                   turn_near(0x1.6a09e667f3bcdp+0, 0x1.20ffdcafe39a7p+0)};
  return range(gelu_erf_slope_at, x, turns);
}

Interval gelu_tanh(Interval x) {
  static constexpr Turn turns[] = {turn_near(-0x1.81429f9e97e4dp-1, -0x1.5c3e533586d1ap-3)};
  return growing_range(gelu_tanh_at, x, turns);
}

Interval gelu_tanh_slope(Interval x) {
  static constexpr Turn turns[] = {turn_near(-0x1.6b23142700629p+0, -0x1.082d849a669ebp-3),
                                   turn_near(0x1.6b23142700629p+0, 0x1.2105b0934cd3dp+0)};
  return range(gelu_tanh_slope_at, x, turns);
}

Interval silu(Interval x) {
  static constexpr Turn turns[] = {turn_near(-0x1.474973c84120bp+0, -0x1.1d25cf210482ep-2)};
  return growing_range(silu_at, x, turns);
}

Interval silu_slope(Interval x) {
  static constexpr Turn turns[] = {turn_near(-0x1.331e23ad9de11p+1, -0x1.98f11d6cef08bp-4),
                                   turn_near(0x1.331e23ad9de11p+1, 0x1.198f11d6cef09p+0)};
  return range(silu_slope_at, x, turns);
}

Interval relu(Interval x) { return Interval(std::max(x.lower(), 0.0), std::max(x.upper(), 0.0)); }

Interval relu_slope(Interval x) { return Interval(x.is_positive() ? 1.0 : 0.0, x.is_negative() ? 0.0 : 1.0); }

Interval activate(model::Activation activation, Interval x) {
  switch (activation) {
    case model::Activation::gelu_erf:
      return gelu_erf(x);
    case model::Activation::gelu_tanh:
      return gelu_tanh(x);
    case model::Activation::relu:
      return relu(x);
    case model::Activation::silu:
      return silu(x);
  }
  return Interval::whole();
}

Interval activation_slope(model::Activation activation, Interval x) {
  switch (activation) {
    case model::Activation::gelu_erf:
      return gelu_erf_slope(x);
    case model::Activation::gelu_tanh:
      return gelu_tanh_slope(x);
    case model::Activation::relu:
      return relu_slope(x);
    case model::Activation::silu:
      return silu_slope(x);
  }
  return Interval::whole();
}

}  // namespace carryscope::verify
