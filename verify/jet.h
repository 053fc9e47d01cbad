// Jet: a value and its derivatives along M axes, both enclosed over a whole box.
//
// Running the tail with T = Jet<M> over a box of attention outputs gives, for every logit, an
// enclosure G of its gradient anywhere in the box; with the value m0 at the centre u0 the mean value
// theorem bounds it by m0 + G (u - u0), far tighter than interval evaluation.
// A Jet describes the function over the reals only; float32 roundings are bounded apart (roundoff.h).
#pragma once

#include <array>

#include "verify/elementary.h"
#include "verify/interval.h"

namespace carryscope::verify {

template <int M>
struct Jet {
  Interval value;
  std::array<Interval, M> slope{};  // d value / d axis

  Jet() = default;
  Jet(Interval constant) : value(constant) {}  // NOLINT: a constant is a jet

  // f(x) where `outer` encloses f over x.value and `derivative` encloses f' there.
  Jet chain(Interval outer, Interval derivative) const {
    Jet y(outer);
    for (std::size_t k = 0; k < M; ++k) y.slope[k] = slope[k] * derivative;
    return y;
  }
};

template <int M>
Jet<M> operator+(const Jet<M>& x, const Jet<M>& y) {
  Jet<M> sum(x.value + y.value);
  for (std::size_t k = 0; k < M; ++k) sum.slope[k] = x.slope[k] + y.slope[k];
  return sum;
}
template <int M>
Jet<M> operator-(const Jet<M>& x, const Jet<M>& y) {
  Jet<M> difference(x.value - y.value);
  for (std::size_t k = 0; k < M; ++k) difference.slope[k] = x.slope[k] - y.slope[k];
  return difference;
}
template <int M>
Jet<M> operator+(Jet<M> x, Interval constant) {
  x.value += constant;
  return x;
}
template <int M>
Jet<M> operator*(const Jet<M>& x, Interval factor) {
  return x.chain(x.value * factor, factor);
}
template <int M>
Jet<M> operator*(const Jet<M>& x, const Jet<M>& y) {
  Jet<M> product(x.value * y.value);
  for (std::size_t k = 0; k < M; ++k) product.slope[k] = x.slope[k] * y.value + x.value * y.slope[k];
  return product;
}
template <int M>
Jet<M> operator/(const Jet<M>& x, const Jet<M>& y) {
  const Interval inverse = 1.0 / y.value;
  Jet<M> quotient(x.value * inverse);
  for (std::size_t k = 0; k < M; ++k)
    quotient.slope[k] = (x.slope[k] - quotient.value * y.slope[k]) * inverse;
  return quotient;
}

template <int M>
Jet<M> sqr(const Jet<M>& x) {
  return x.chain(sqr(x.value), x.value * 2.0);
}
template <int M>
Jet<M> sqrt(const Jet<M>& x) {
  const Interval root = sqrt(x.value);
  return x.chain(root, 0.5 / root);
}

template <int M>
Jet<M> gelu_erf(const Jet<M>& x) {
  return x.chain(gelu_erf(x.value), gelu_erf_slope(x.value));
}
template <int M>
Jet<M> gelu_tanh(const Jet<M>& x) {
  return x.chain(gelu_tanh(x.value), gelu_tanh_slope(x.value));
}
template <int M>
Jet<M> silu(const Jet<M>& x) {
  return x.chain(silu(x.value), silu_slope(x.value));
}
template <int M>
Jet<M> relu(const Jet<M>& x) {
  return x.chain(relu(x.value), relu_slope(x.value));
}

}  // namespace carryscope::verify

template <int M>
struct carryscope::model::Number<carryscope::verify::Jet<M>> {
  using Jet = carryscope::verify::Jet<M>;
  using Interval = carryscope::verify::Interval;
  using Exact = Jet;
  using Weight = Interval;
  static constexpr bool kRounds = false;
  static Jet from(double value, double radius = 0.0) { return Jet(Number<Interval>::from(value, radius)); }
  static Interval weight(double value, double radius = 0.0) { return Number<Interval>::from(value, radius); }
  static double magnitude(const Jet& x) { return x.value.magnitude(); }
  static Jet absorb(const Jet& x, double /*magnitude*/, int /*roundings*/) { return x; }
};
