// Dual: a value and its derivative along one direction, in doubles; no bound of anything.
//
// The forward pass run with T = Dual gives a directional derivative in one pass (forward-mode automatic
// differentiation; Clifford 1873 for the numbers). verify/jet.h is the same with proven enclosures.
#pragma once

#include <cmath>
#include <numbers>

#include "model/number.h"

namespace carryscope::analysis {

struct Dual {
  double value = 0.0, slope = 0.0;

  Dual() = default;
  Dual(double constant) : value(constant) {}  // NOLINT: a constant is a dual number
  Dual(double v, double s) : value(v), slope(s) {}
};

inline Dual operator-(Dual x) { return {-x.value, -x.slope}; }
inline Dual operator+(Dual x, Dual y) { return {x.value + y.value, x.slope + y.slope}; }
inline Dual operator-(Dual x, Dual y) { return {x.value - y.value, x.slope - y.slope}; }
inline Dual operator*(Dual x, Dual y) { return {x.value * y.value, x.slope * y.value + x.value * y.slope}; }
inline Dual operator/(Dual x, Dual y) {
  const double quotient = x.value / y.value;
  return {quotient, (x.slope - quotient * y.slope) / y.value};
}

inline Dual sqr(Dual x) { return x * x; }
inline Dual sqrt(Dual x) {
  const double root = std::sqrt(x.value);
  return {root, 0.5 * x.slope / root};
}
inline Dual exp(Dual x) {
  const double y = std::exp(x.value);
  return {y, y * x.slope};
}
inline Dual erf(Dual x) {
  return {std::erf(x.value), 2.0 * std::numbers::inv_sqrtpi * std::exp(-x.value * x.value) * x.slope};
}
inline Dual tanh(Dual x) {
  const double y = std::tanh(x.value);
  return {y, (1.0 - y * y) * x.slope};
}
inline Dual relu(Dual x) { return x.value > 0.0 ? x : Dual(0.0); }

}  // namespace carryscope::analysis

template <>
struct carryscope::model::Number<carryscope::analysis::Dual> {
  using Dual = carryscope::analysis::Dual;
  using Exact = Dual;
  using Weight = double;
  static constexpr bool kRounds = false;
  static Dual from(double value, double /*radius*/ = 0.0) { return value; }
  static double weight(double value, double /*radius*/ = 0.0) { return value; }
  static double magnitude(Dual x) { return std::abs(x.value); }
  static Dual absorb(Dual x, double /*magnitude*/, int /*roundings*/) { return x; }
};
