// What the forward pass asks of a number type T. It is written once and run with float, double,
// intervals (verify/interval.h), intervals that absorb every float32 rounding (verify/float32.h),
// high-precision balls (tests) and jets that carry derivatives (verify/jet.h).
//
// T has + - * / and unary -, and exp, erf, tanh, sqrt found by argument-dependent lookup.
// Number<T> adds what depends on the meaning of T:
//   Exact            the type to sum in before roundings are accounted for at once (mostly T itself)
//   Weight           the type of a stored number; Exact * Weight is an Exact (mostly T itself)
//   kRounds          whether T stands for *every* float32 evaluation; only then are magnitudes needed
//   from(v, r)       a T that encloses v - r .. v + r; weight(v, r) the same as a Weight
//   lower, upper     doubles that enclose T
//   magnitude        a double not below |x|
//   absorb(x, m, n)  x, widened by n float32 roundings of terms whose magnitudes sum up to m
//   exp_difference(s, low, high)  encloses exp(s - c), c a function of low and high, where the evaluation
//                    subtracts some number between low and high (the row's largest score) beforehand
//   turn(position, frequency)     cosine and sine of position * frequency
// Number<double> below is the template to read.
#pragma once

#include <cmath>
#include <concepts>
#include <utility>

namespace carryscope::model {

template <class T>
struct Number;

template <std::floating_point T>
struct Number<T> {
  using Exact = T;
  using Weight = T;
  static constexpr bool kRounds = false;
  static T from(double value, double /*radius*/ = 0.0) { return static_cast<T>(value); }
  static T weight(double value, double radius = 0.0) { return from(value, radius); }
  static double lower(T x) { return static_cast<double>(x); }
  static double upper(T x) { return static_cast<double>(x); }
  static double magnitude(T x) { return std::abs(static_cast<double>(x)); }
  static T absorb(T x, double /*magnitude*/, int /*roundings*/) { return x; }
  static T exp_difference(T score, double /*low*/, double high) {
    return std::exp(score - static_cast<T>(high));
  }
  static std::pair<T, T> turn(int position, double frequency) {
    const double angle = position * frequency;
    return {static_cast<T>(std::cos(angle)), static_cast<T>(std::sin(angle))};
  }
};

}  // namespace carryscope::model
