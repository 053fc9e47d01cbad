// Lanes: several float32 (or float64) evaluations side by side, a number type for the forward pass.
//
// Every operation is the scalar one in each lane, in the scalar order, so a lane's result is bit for
// bit what the same code gives with T = F, except that erf in float32 is fast_erf.h's. Plain loops
// over a fixed count: the compiler turns them into the vector instructions it may use.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "model/fast_erf.h"
#include "model/number.h"

namespace carryscope::model {

template <std::floating_point F>
struct Lanes {
  static constexpr std::size_t kCount = 64 / sizeof(F);
  std::array<F, kCount> lane{};

  Lanes() = default;
  explicit Lanes(F value) { lane.fill(value); }

  F& operator[](std::size_t i) { return lane[i]; }
  F operator[](std::size_t i) const { return lane[i]; }

  template <class Operation>
  static Lanes each(const Lanes& x, const Lanes& y, Operation operation) {
    Lanes z;
    for (std::size_t i = 0; i < kCount; ++i) z.lane[i] = operation(x.lane[i], y.lane[i]);
    return z;
  }
  template <class Operation>
  static Lanes each(const Lanes& x, Operation operation) {
    Lanes z;
    for (std::size_t i = 0; i < kCount; ++i) z.lane[i] = operation(x.lane[i]);
    return z;
  }

  friend Lanes operator+(const Lanes& x, const Lanes& y) {
    return each(x, y, [](F a, F b) { return a + b; });
  }
  friend Lanes operator-(const Lanes& x, const Lanes& y) {
    return each(x, y, [](F a, F b) { return a - b; });
  }
  friend Lanes operator*(const Lanes& x, const Lanes& y) {
    return each(x, y, [](F a, F b) { return a * b; });
  }
  friend Lanes operator/(const Lanes& x, const Lanes& y) {
    return each(x, y, [](F a, F b) { return a / b; });
  }
  friend Lanes operator-(const Lanes& x) {
    return each(x, [](F a) { return -a; });
  }
  friend Lanes operator+(const Lanes& x, F y) { return x + Lanes(y); }
  friend Lanes operator*(const Lanes& x, F y) { return x * Lanes(y); }

  friend Lanes sqr(const Lanes& x) { return x * x; }
  friend Lanes sqrt(const Lanes& x) {
    return each(x, [](F a) { return std::sqrt(a); });
  }
  friend Lanes erf(const Lanes& x) {
    if constexpr (std::same_as<F, float>)
      return each(x, [](F a) { return fast_erf(a); });
    else
      return each(x, [](F a) { return std::erf(a); });
  }
  friend Lanes exp(const Lanes& x) {
    return each(x, [](F a) { return std::exp(a); });
  }
  friend Lanes tanh(const Lanes& x) {
    return each(x, [](F a) { return std::tanh(a); });
  }
  friend Lanes relu(const Lanes& x) {
    return each(x, [](F a) { return a > F{0} ? a : F{0}; });
  }
};

template <std::floating_point F>
struct Number<Lanes<F>> {
  using Exact = Lanes<F>;
  using Weight = F;
  static constexpr bool kRounds = false;
  static Lanes<F> from(double value, double /*radius*/ = 0.0) { return Lanes<F>(static_cast<F>(value)); }
  static F weight(double value, double /*radius*/ = 0.0) { return static_cast<F>(value); }
  static double magnitude(const Lanes<F>& x) {
    double largest = 0;
    for (const F lane : x.lane) largest = std::max(largest, std::abs(static_cast<double>(lane)));
    return largest;
  }
  static Lanes<F> absorb(const Lanes<F>& x, double /*magnitude*/, int /*roundings*/) { return x; }
};

}  // namespace carryscope::model
