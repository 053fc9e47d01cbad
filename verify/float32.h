// Float32: an interval that holds what every float32 evaluation of an expression can give.
//
// An operation rounds to nearest: fl(v) = v (1 + d) + e with |d| <= u = 2^-24; |e| <= 2^-126 covers
// gradual underflow and hardware that flushes subnormals to zero. d = e = 0 is in it, so a contracted
// or wider evaluation is covered too, and so is the real number.
// Library functions are off by at most library_ulps() ulp.
// Overflow: whatever may exceed 2^112 in magnitude becomes the whole line, which also stands for NaN,
// and so does every function of it. (The largest float is near 2^128. The distance covers what an
// enclosure cannot see: partial sums in another order, and the scale that exp_difference leaves out.)
// Not covered: other roundings than to nearest, bfloat16/TF32 products, approximate division.
// Interval arithmetic's rounding mode (upward) is assumed throughout.
#pragma once

#include <utility>

#include "model/number.h"
#include "verify/interval.h"
#include "verify/library_ulps.h"

namespace carryscope::verify {

inline constexpr double kFloatUnit = 0x1p-24;
inline constexpr double kFloatTiny = 0x1p-126;  // the smallest normal float
inline constexpr double kFloatLimit = 0x1p112;

struct Float32 {
  Interval range;

  Float32() = default;
  // What is known to lie in x; not rounded again.
  Float32(Interval x)
      : range(x.magnitude() <= kFloatLimit ? x : Interval::whole()) {}  // NOLINT: an enclosure
  explicit operator Interval() const { return range; }
  bool is_bounded() const { return range.magnitude() <= kFloatLimit; }
};

// x, widened by relative |x| + absolute on both sides.
inline Interval widened(Interval x, double relative, double absolute) {
  const Pair size = pair::max(x.bounds, -x.bounds);
  return Interval::from_pair(x.bounds + (size * pair::both(relative) + pair::both(absolute)));
}

// The float32 results of an operation whose exact result is in x.
inline Float32 rounded(Interval x) { return widened(x, kFloatUnit, kFloatTiny); }

inline Float32 operator-(Float32 x) { return -x.range; }
inline Float32 operator+(Float32 x, Float32 y) { return rounded(x.range + y.range); }
inline Float32 operator-(Float32 x, Float32 y) { return rounded(x.range - y.range); }
inline Float32 operator*(Float32 x, Float32 y) { return rounded(x.range * y.range); }
inline Float32 operator/(Float32 x, Float32 y) { return rounded(x.range / y.range); }

// A stored number: exact where it is a normal float (or zero), else rounded to one.
Float32 float32_constant(double value, double radius);

// x after n roundings of terms whose magnitudes sum up to m, in any order: gamma_n m, gamma_n = n u / (1 - n
// u).
Float32 float32_absorb(Interval x, double magnitude, int roundings);

// exp(fl(score - row)) exp(row - high), for any row maximum `row` with score <= row <= high: the exact
// exp(score - high) up to roundings, in units common to the row.
Float32 float32_exp_difference(Interval score, double high);

Float32 exp(Float32 x);
Float32 erf(Float32 x);
Float32 tanh(Float32 x);
Float32 sqrt(Float32 x);  // of what is never negative

// float32.cpp states which evaluations of each formula the bound covers.
Float32 gelu_erf(Float32 x);
Float32 gelu_tanh(Float32 x);
Float32 silu(Float32 x);
Float32 relu(Float32 x);

std::pair<Float32, Float32> float32_turn(int position, double frequency);

}  // namespace carryscope::verify

template <>
struct carryscope::model::Number<carryscope::verify::Float32> {
  using Float32 = carryscope::verify::Float32;
  using Interval = carryscope::verify::Interval;
  using Exact = Interval;
  using Weight = Interval;
  static constexpr bool kRounds = true;
  static Float32 from(double value, double radius = 0.0) {
    return carryscope::verify::float32_constant(value, radius);
  }
  // A product of stored factors (radius > 0) is not rounded here: its roundings are counted by the
  // number of its factors' inner dimension where it is used.
  static Interval weight(double value, double radius = 0.0) {
    return radius > 0.0 ? Number<Interval>::from(value, radius) : from(value).range;
  }
  static double lower(Float32 x) { return x.range.lower(); }
  static double upper(Float32 x) { return x.range.upper(); }
  static double magnitude(Float32 x) { return x.range.magnitude(); }
  static Float32 absorb(Float32 x, double magnitude, int roundings) {
    return carryscope::verify::float32_absorb(x.range, magnitude, roundings);
  }
  static Float32 exp_difference(Float32 score, double /*low*/, double high) {
    return carryscope::verify::float32_exp_difference(score.range, high);
  }
  static std::pair<Float32, Float32> turn(int position, double frequency) {
    return carryscope::verify::float32_turn(position, frequency);
  }
};
