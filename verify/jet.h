// Jet: a function of M unknowns over a box, as its value at the centre and slopes from there.
//
// Unknowns are counted from the box's centre in half widths: each is in [-1, 1], 0 at the centre. For every
// t in the box there are numbers s_k in slope[k] with  f(t) = f(0) + sum_k s_k t_k, and f(0) is in `at`.
// Slopes from the centre (Krawczyk, Neumaier 1985) are about half as wide as derivatives over the box:
//     x y - x0 y0 = (x - x0) (y + y0)/2 + (y - y0) (x + x0)/2,     x^2 - x0^2 = (x - x0) (x + x0),
//     f(x) - f(x0) = (x - x0) c,  c a mean of f' between x0 and x (mean value theorem).
// Nothing that is not linear is done to a value before it is cut to  at + sum_k slope_k [-1, 1]: interval
// arithmetic alone forgets that all entries of a residual depend on the same unknowns, and a norm's root
// would be enclosed hundreds of times too widely.
// A Jet describes the function over the reals only; float32 roundings are bounded apart (roundoff.h).
#pragma once

#include <array>

#include "verify/elementary.h"
#include "verify/interval.h"

namespace carryscope::verify {

template <int M>
struct Jet {
  Interval value;  // over the box
  Interval at;     // at the centre
  std::array<Interval, M> slope{};

  Jet() = default;
  Jet(Interval constant) : value(constant), at(constant) {}  // NOLINT: a constant is a jet

  // The value over the box, as the slopes have it.
  Interval linear() const {
    double reach = 0.0;
    for (const Interval& s : slope) reach += s.magnitude();
    return at + Interval(-reach, reach);
  }
  Interval range() const { return intersect(value, linear()); }

  // f(x), where `outer` encloses f over the range, `centre` at the centre, and `chord` the slopes of its
  // chords from the centre into the range.
  Jet chain(Interval outer, Interval centre, Interval chord) const {
    Jet y(outer);
    y.at = centre;
    for (std::size_t k = 0; k < M; ++k) y.slope[k] = slope[k] * chord;
    return y;
  }
};

template <int M>
Jet<M> operator+(const Jet<M>& x, const Jet<M>& y) {
  Jet<M> sum(x.value + y.value);
  sum.at = x.at + y.at;
  for (std::size_t k = 0; k < M; ++k) sum.slope[k] = x.slope[k] + y.slope[k];
  return sum;
}
template <int M>
Jet<M> operator-(const Jet<M>& x, const Jet<M>& y) {
  Jet<M> difference(x.value - y.value);
  difference.at = x.at - y.at;
  for (std::size_t k = 0; k < M; ++k) difference.slope[k] = x.slope[k] - y.slope[k];
  return difference;
}
template <int M>
Jet<M> operator+(Jet<M> x, Interval constant) {
  x.value += constant;
  x.at += constant;
  return x;
}
template <int M>
Jet<M> operator*(const Jet<M>& x, Interval factor) {
  return x.chain(x.value * factor, x.at * factor, factor);
}
template <int M>
Jet<M> operator*(const Jet<M>& x, const Jet<M>& y) {
  const Interval over_x = x.range(), over_y = y.range();
  const Interval along_x = (over_y + y.at) * 0.5, along_y = (over_x + x.at) * 0.5;
  Jet<M> product(over_x * over_y);
  product.at = x.at * y.at;
  for (std::size_t k = 0; k < M; ++k) product.slope[k] = x.slope[k] * along_x + y.slope[k] * along_y;
  return product;
}
// x/y - x0/y0 = ((x - x0) - (x0/y0) (y - y0)) / y
template <int M>
Jet<M> operator/(const Jet<M>& x, const Jet<M>& y) {
  const Interval inverse = 1.0 / y.range();
  Jet<M> quotient(x.range() * inverse);
  quotient.at = x.at / y.at;
  for (std::size_t k = 0; k < M; ++k) quotient.slope[k] = (x.slope[k] - quotient.at * y.slope[k]) * inverse;
  return quotient;
}

template <int M>
Jet<M> sqr(const Jet<M>& x) {
  const Interval range = x.range();
  return x.chain(sqr(range), sqr(x.at), range + x.at);
}
template <int M>
Jet<M> sqrt(const Jet<M>& x) {
  const Interval root = sqrt(x.range()), at_centre = sqrt(x.at);
  return x.chain(root, at_centre, 1.0 / (root + at_centre));
}

template <int M>
Jet<M> gelu_erf(const Jet<M>& x) {
  const Interval range = x.range();
  return x.chain(gelu_erf(range), gelu_erf(x.at), gelu_erf_slope(range));
}
template <int M>
Jet<M> gelu_tanh(const Jet<M>& x) {
  const Interval range = x.range();
  return x.chain(gelu_tanh(range), gelu_tanh(x.at), gelu_tanh_slope(range));
}
template <int M>
Jet<M> silu(const Jet<M>& x) {
  const Interval range = x.range();
  return x.chain(silu(range), silu(x.at), silu_slope(range));
}
template <int M>
Jet<M> relu(const Jet<M>& x) {
  const Interval range = x.range();
  return x.chain(relu(range), relu(x.at), relu_slope(range));
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
