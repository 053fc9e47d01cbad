// Roundoff: how far a float32 evaluation of the tail may stray from the tail over the reals.
//
// `range` encloses the real value over a whole box of inputs; whatever float32 program computes it,
// the computed value differs from the real one *of the same input* by at most `error`. That is what
// Float32 (one interval for both) cannot tell once the input is a box. Local roundings are read off
// Float32: how much it widens the enclosure of a function or an operation.
#pragma once

#include "verify/elementary.h"
#include "verify/float32.h"

namespace carryscope::verify {

struct Roundoff {
  Interval range;
  double error = 0.0;

  Roundoff() = default;
  Roundoff(Interval exact) : range(exact) {}  // NOLINT: an exactly known quantity
  explicit operator Interval() const { return computed(); }
  // Encloses every computed value.
  Interval computed() const { return range + Interval::from_pair(pair::both(error)); }
};

namespace roundoff {

// How much wider than the exact result a float32 result may be.
inline double widening(Float32 computed, Interval exact) {
  if (!computed.is_bounded()) return kInfinity;
  return std::max(computed.range.upper() - exact.upper(), exact.lower() - computed.range.lower());
}

inline Roundoff with(Interval range, double propagated, double local) {
  Roundoff y(range);
  y.error = propagated + local;
  if (!(y.error >= 0.0)) y.error = kInfinity;
  return y;
}

// f with derivative enclosed by `slope` over every computed argument.
template <class F, class Slope>
Roundoff function(const Roundoff& x, F f, Slope slope) {
  const Interval argument = x.computed();
  const Interval y = f(argument);
  return with(f(x.range), x.error > 0 ? slope(argument).magnitude() * x.error : 0.0,
              widening(f(Float32(argument)), y));
}

}  // namespace roundoff

inline Roundoff operator-(const Roundoff& x) { return roundoff::with(-x.range, x.error, 0.0); }
inline Roundoff operator+(const Roundoff& x, const Roundoff& y) {
  return roundoff::with(x.range + y.range, x.error + y.error,
                        kFloatUnit * (x.computed() + y.computed()).magnitude() + kFloatTiny);
}
inline Roundoff operator-(const Roundoff& x, const Roundoff& y) { return x + -y; }
inline Roundoff operator*(const Roundoff& x, const Roundoff& y) {
  const double propagated = x.range.magnitude() * y.error + y.range.magnitude() * x.error + x.error * y.error;
  return roundoff::with(x.range * y.range, propagated,
                        kFloatUnit * (x.computed() * y.computed()).magnitude() + kFloatTiny);
}
inline Roundoff operator/(const Roundoff& x, const Roundoff& y) {
  const Interval quotient = x.range / y.range;
  const double divisor = y.computed().mignitude();
  // x'/y' - x/y = (x' - x) / y' - (x/y) (y' - y) / y'
  const double propagated = divisor > 0 ? (x.error + quotient.magnitude() * y.error) / divisor : kInfinity;
  return roundoff::with(quotient, propagated,
                        kFloatUnit * (x.computed() / y.computed()).magnitude() + kFloatTiny);
}

inline Roundoff sqrt(const Roundoff& x) {
  return roundoff::function(
      x, [](auto v) { return sqrt(v); }, [](Interval v) { return 0.5 / sqrt(v); });
}
inline Roundoff gelu_erf(const Roundoff& x) {
  return roundoff::function(
      x, [](auto v) { return gelu_erf(v); }, [](Interval v) { return gelu_erf_slope(v); });
}
inline Roundoff gelu_tanh(const Roundoff& x) {
  return roundoff::function(
      x, [](auto v) { return gelu_tanh(v); }, [](Interval v) { return gelu_tanh_slope(v); });
}
inline Roundoff silu(const Roundoff& x) {
  return roundoff::function(
      x, [](auto v) { return silu(v); }, [](Interval v) { return silu_slope(v); });
}
inline Roundoff relu(const Roundoff& x) {
  return roundoff::function(
      x, [](auto v) { return relu(v); }, [](Interval v) { return relu_slope(v); });
}

}  // namespace carryscope::verify

template <>
struct carryscope::model::Number<carryscope::verify::Roundoff> {
  using Roundoff = carryscope::verify::Roundoff;
  using Interval = carryscope::verify::Interval;
  // Sums are exact on the real side and carry the errors of their terms; the roundings of the sum
  // itself are absorbed at once.
  struct Exact {
    Interval range;
    double error = 0.0;
    Exact() = default;
    explicit Exact(const Roundoff& x) : range(x.range), error(x.error) {}
    explicit operator Roundoff() const { return carryscope::verify::roundoff::with(range, error, 0.0); }
    friend Exact operator+(const Exact& x, const Exact& y) {
      return make(x.range + y.range, x.error + y.error);
    }
    friend Exact operator*(const Exact& x, Interval w) {
      return make(x.range * w, x.error > 0 ? x.error * w.magnitude() : 0.0);
    }
    friend Exact sqr(const Exact& x) {
      return make(sqr(x.range), x.error * (2.0 * x.range.magnitude() + x.error));
    }
    static Exact make(Interval r, double e) {
      Exact y;
      y.range = r;
      y.error = e;
      return y;
    }
  };
  using Weight = Interval;
  static constexpr bool kRounds = true;
  static Roundoff from(double value, double radius = 0.0) {
    const auto c = carryscope::verify::float32_constant(value, radius);
    const Interval exact = Number<Interval>::from(value, radius);
    return carryscope::verify::roundoff::with(exact, 0.0, carryscope::verify::roundoff::widening(c, exact));
  }
  static Interval weight(double value, double radius = 0.0) {
    return Number<carryscope::verify::Float32>::weight(value, radius);
  }
  static double magnitude(const Roundoff& x) { return x.computed().magnitude(); }
  static Roundoff absorb(const Roundoff& x, double magnitude, int roundings) {
    const auto wide = carryscope::verify::float32_absorb(x.range, magnitude, roundings);
    return carryscope::verify::roundoff::with(x.range, x.error,
                                              carryscope::verify::roundoff::widening(wide, x.range));
  }
};
