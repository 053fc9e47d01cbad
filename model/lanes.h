// Lanes: sixteen float32 (or eight float64) evaluations side by side, a number type for the forward
// pass.
//
// Every operation is the scalar one in each lane, in the scalar order, so a lane's result is bit for
// bit what the same code gives with T = F, except that erf in float32 is fast_erf.h's. The lanes are
// the compiler's 16-byte vectors, which every 64-bit processor has.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "model/fast_erf.h"
#include "model/number.h"

namespace carryscope::model {

template <std::floating_point F>
struct Lanes {
  static constexpr std::size_t kParts = 4, kCount = 64 / sizeof(F), kPerPart = kCount / kParts;
  typedef F Part __attribute__((vector_size(16)));

  Part part[kParts] = {};  // std::array would drop the attribute

  Lanes() = default;
  explicit Lanes(F value) {
    for (Part& p : part) p = Part{} + value;
  }

  F operator[](std::size_t i) const { return part[i / kPerPart][i % kPerPart]; }
  void set(std::size_t i, F value) { part[i / kPerPart][i % kPerPart] = value; }

  std::array<F, kCount> unpacked() const { return std::bit_cast<std::array<F, kCount>>(*this); }
  static Lanes packed(const std::array<F, kCount>& lanes) { return std::bit_cast<Lanes>(lanes); }

  template <class Operation>
  static Lanes each(const Lanes& x, Operation operation) {
    std::array<F, kCount> lanes = x.unpacked();
    for (F& lane : lanes) lane = operation(lane);
    return packed(lanes);
  }

  friend Lanes operator+(Lanes x, const Lanes& y) {
    for (std::size_t i = 0; i < kParts; ++i) x.part[i] += y.part[i];
    return x;
  }
  friend Lanes operator-(Lanes x, const Lanes& y) {
    for (std::size_t i = 0; i < kParts; ++i) x.part[i] -= y.part[i];
    return x;
  }
  friend Lanes operator*(Lanes x, const Lanes& y) {
    for (std::size_t i = 0; i < kParts; ++i) x.part[i] *= y.part[i];
    return x;
  }
  friend Lanes operator/(Lanes x, const Lanes& y) {
    for (std::size_t i = 0; i < kParts; ++i) x.part[i] /= y.part[i];
    return x;
  }
  friend Lanes operator-(Lanes x) {
    for (Part& p : x.part) p = -p;
    return x;
  }
  friend Lanes operator+(const Lanes& x, F y) { return x + Lanes(y); }
  friend Lanes operator*(const Lanes& x, F y) { return x * Lanes(y); }

  // Per lane: x > y ? then : otherwise.
  friend Lanes where_greater(const Lanes& x, const Lanes& y, const Lanes& then, Lanes otherwise) {
    for (std::size_t i = 0; i < kParts; ++i)
      otherwise.part[i] = x.part[i] > y.part[i] ? then.part[i] : otherwise.part[i];
    return otherwise;
  }

  friend Lanes sqr(const Lanes& x) { return x * x; }
  friend Lanes sqrt(const Lanes& x) {
    return each(x, [](F a) { return std::sqrt(a); });
  }
  friend Lanes erf(const Lanes& x) {
    if constexpr (std::same_as<F, float>)
      return packed(fast_erf(x.unpacked()));
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
    for (const F lane : x.unpacked()) largest = std::max(largest, std::abs(static_cast<double>(lane)));
    return largest;
  }
  static Lanes<F> absorb(const Lanes<F>& x, double /*magnitude*/, int /*roundings*/) { return x; }
};

}  // namespace carryscope::model
