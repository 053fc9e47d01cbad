// Roundoff: how far a float32 evaluation of the tail may stray from the tail over the reals.
//
// `real` is the real value over a whole box of inputs (jet.h); whatever float32 program computes it, the
// computed value differs from the real one *of the same input* by at most `error`. That is what Float32 (one
// interval for both) cannot tell once the input is a box. Local roundings are read off Float32: how much it
// widens the enclosure of a function or an operation.
#pragma once

#include "verify/elementary.h"
#include "verify/float32.h"
#include "verify/jet.h"

namespace carryscope::verify {

template <int M>
struct Roundoff {
  Jet<M> real;
  double error = 0.0;

  Roundoff() = default;
  Roundoff(Interval exact) : real(exact) {}       // NOLINT: an exactly known quantity
  Roundoff(const Jet<M>& exact) : real(exact) {}  // NOLINT: one for each input
  // Encloses every computed value.
  Interval computed() const { return real.range() + Interval::from_pair(pair::both(error)); }
};

namespace roundoff {

// How much wider than the exact result a float32 result may be.
inline double widening(Float32 computed, Interval exact) {
  if (!computed.is_bounded()) return kInfinity;
  return std::max(computed.range.upper() - exact.upper(), exact.lower() - computed.range.lower());
}

template <int M>
Roundoff<M> with(const Jet<M>& real, double propagated, double local) {
  Roundoff<M> y(real);
  y.error = propagated + local;
  if (!(y.error >= 0.0)) y.error = kInfinity;
  return y;
}

// f with derivative enclosed by `slope` over every computed argument.
template <int M, class F, class Slope>
Roundoff<M> function(const Roundoff<M>& x, F f, Slope slope) {
  const Interval argument = x.computed();
  const Interval y = f(argument);
  return with(f(x.real), x.error > 0 ? slope(argument).magnitude() * x.error : 0.0,
              widening(f(Float32(argument)), y));
}

}  // namespace roundoff

template <int M>
Roundoff<M> operator-(const Roundoff<M>& x) {
  return roundoff::with(Jet<M>() - x.real, x.error, 0.0);
}
template <int M>
Roundoff<M> operator+(const Roundoff<M>& x, const Roundoff<M>& y) {
  return roundoff::with(x.real + y.real, x.error + y.error,
                        kFloatUnit * (x.computed() + y.computed()).magnitude() + kFloatTiny);
}
template <int M>
Roundoff<M> operator-(const Roundoff<M>& x, const Roundoff<M>& y) {
  return x + -y;
}
template <int M>
Roundoff<M> operator*(const Roundoff<M>& x, const Roundoff<M>& y) {
  const Interval over_x = x.real.range(), over_y = y.real.range();
  const double propagated = over_x.magnitude() * y.error + over_y.magnitude() * x.error + x.error * y.error;
  return roundoff::with(x.real * y.real, propagated,
                        kFloatUnit * (x.computed() * y.computed()).magnitude() + kFloatTiny);
}
template <int M>
Roundoff<M> operator/(const Roundoff<M>& x, const Roundoff<M>& y) {
  const Jet<M> quotient = x.real / y.real;
  const double divisor = y.computed().mignitude();
  // x'/y' - x/y = (x' - x) / y' - (x/y) (y' - y) / y'
  const double propagated =
      divisor > 0 ? (x.error + quotient.range().magnitude() * y.error) / divisor : kInfinity;
  return roundoff::with(quotient, propagated,
                        kFloatUnit * (x.computed() / y.computed()).magnitude() + kFloatTiny);
}

// Exactly known quantities.
template <int M>
Roundoff<M> operator+(const Roundoff<M>& x, Interval y) {
  return x + Roundoff<M>(y);
}
template <int M>
Roundoff<M> operator*(const Roundoff<M>& x, Interval y) {
  return x * Roundoff<M>(y);
}

template <int M>
Roundoff<M> sqrt(const Roundoff<M>& x) {
  return roundoff::function(
      x, [](auto v) { return sqrt(v); }, [](Interval v) { return 0.5 / sqrt(v); });
}
template <int M>
Roundoff<M> gelu_erf(const Roundoff<M>& x) {
  return roundoff::function(
      x, [](auto v) { return gelu_erf(v); }, [](Interval v) { return gelu_erf_slope(v); });
}
template <int M>
Roundoff<M> gelu_tanh(const Roundoff<M>& x) {
  return roundoff::function(
      x, [](auto v) { return gelu_tanh(v); }, [](Interval v) { return gelu_tanh_slope(v); });
}
template <int M>
Roundoff<M> silu(const Roundoff<M>& x) {
  return roundoff::function(
      x, [](auto v) { return silu(v); }, [](Interval v) { return silu_slope(v); });
}
template <int M>
Roundoff<M> relu(const Roundoff<M>& x) {
  return roundoff::function(
      x, [](auto v) { return relu(v); }, [](Interval v) { return relu_slope(v); });
}

}  // namespace carryscope::verify

template <int M>
struct carryscope::model::Number<carryscope::verify::Roundoff<M>> {
  using Roundoff = carryscope::verify::Roundoff<M>;
  using Jet = carryscope::verify::Jet<M>;
  using Interval = carryscope::verify::Interval;
  // Sums are exact on the real side and carry the errors of their terms; the roundings of the sum
  // itself are absorbed at once.
  struct Exact {
    Jet real;
    double error = 0.0;
    Exact() = default;
    explicit Exact(const Roundoff& x) : real(x.real), error(x.error) {}
    explicit operator Roundoff() const { return carryscope::verify::roundoff::with(real, error, 0.0); }
    friend Exact operator+(const Exact& x, const Exact& y) {
      return make(x.real + y.real, x.error + y.error);
    }
    friend Exact operator*(const Exact& x, Interval w) {
      return make(x.real * w, x.error > 0 ? x.error * w.magnitude() : 0.0);
    }
    friend Exact sqr(const Exact& x) {
      return make(sqr(x.real), x.error * (2.0 * x.real.range().magnitude() + x.error));
    }
    static Exact make(const Jet& r, double e) {
      Exact y;
      y.real = r;
      y.error = e;
      return y;
    }
  };
  using Weight = Interval;
  static constexpr bool kRounds = true;
  static Roundoff from(double value, double radius = 0.0) {
    const auto c = carryscope::verify::float32_constant(value, radius);
    const Interval exact = Number<Interval>::from(value, radius);
    return carryscope::verify::roundoff::with(Jet(exact), 0.0,
                                              carryscope::verify::roundoff::widening(c, exact));
  }
  static Interval weight(double value, double radius = 0.0) {
    return Number<carryscope::verify::Float32>::weight(value, radius);
  }
  static double magnitude(const Roundoff& x) { return x.computed().magnitude(); }
  static Roundoff absorb(const Roundoff& x, double magnitude, int roundings) {
    const Interval range = x.real.range();
    const auto wide = carryscope::verify::float32_absorb(range, magnitude, roundings);
    return carryscope::verify::roundoff::with(x.real, x.error,
                                              carryscope::verify::roundoff::widening(wide, range));
  }
};
