// Interval: two doubles between which a real number is proven to lie.
//
// Invariant: stored as (-low, high), each a double or +infinity (no bound on that side), never NaN
// and never -infinity. The rounding mode is upward (verify/rounding.h), so one packed upward
// operation rounds both bounds outward. Addition cannot leave the invariant (upward, a sum that
// overflows downward stops at -DBL_MAX); wherever 0 * infinity or infinity / infinity can arise, the
// bound becomes +infinity: what was NaN is "no bound", never a decision.
// A quotient whose divisor contains zero is the whole line.
// What it does not do: no empty set, no decorations, no dependency tracking (x - x is not 0).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "model/number.h"

namespace carryscope::verify {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kLargest = std::numeric_limits<double>::max();

// Two doubles in one register.
using Pair = double __attribute__((vector_size(16)));

namespace pair {

inline Pair both(double x) { return Pair{x, x}; }
inline Pair swapped(Pair x) { return __builtin_shufflevector(x, x, 1, 0); }
inline Pair first(Pair x) { return __builtin_shufflevector(x, x, 0, 0); }
inline Pair second(Pair x) { return __builtin_shufflevector(x, x, 1, 1); }

// Lane by lane a < b ? a : b and a > b ? a : b: where one is NaN, the result is b.
#if defined(__SSE2__)
inline Pair min(Pair a, Pair b) { return _mm_min_pd(a, b); }
inline Pair max(Pair a, Pair b) { return _mm_max_pd(a, b); }
#else
inline Pair min(Pair a, Pair b) { return Pair{a[0] < b[0] ? a[0] : b[0], a[1] < b[1] ? a[1] : b[1]}; }
inline Pair max(Pair a, Pair b) { return Pair{a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]}; }
#endif

inline Pair or_unbounded(Pair x) { return min(x, both(kInfinity)); }  // NaN becomes +infinity

}  // namespace pair

struct Interval {
  Pair bounds{0.0, 0.0};  // (-low, high)

  Interval() = default;
  Interval(double exact) : Interval(exact, exact) {}  // NOLINT: a double is an interval
  // Any bounds: NaN is no bound, and a low of +infinity means "above every double".
  Interval(double low, double high)
      : bounds(pair::max(pair::or_unbounded(Pair{-low, high}), pair::both(-kLargest))) {}

  // The caller vouches for the invariant.
  static Interval from_pair(Pair negated_low_and_high) {
    Interval x;
    x.bounds = negated_low_and_high;
    return x;
  }
  static Interval whole() { return from_pair(pair::both(kInfinity)); }

  double lower() const { return -bounds[0]; }
  double upper() const { return bounds[1]; }
  double magnitude() const { return std::max(bounds[0], bounds[1]); }                   // max |x|
  double mignitude() const { return std::max(0.0, std::max(-bounds[0], -bounds[1])); }  // min |x|
  double width() const { return bounds[0] + bounds[1]; }  // not below high - low
  bool is_bounded() const { return magnitude() < kInfinity; }
  bool contains(double x) const { return -bounds[0] <= x && x <= bounds[1]; }
  bool contains(Interval inner) const { return inner.bounds[0] <= bounds[0] && inner.bounds[1] <= bounds[1]; }
  bool is_positive() const { return bounds[0] < 0.0; }  // every number in it is
  bool is_negative() const { return bounds[1] < 0.0; }
  bool contains_zero() const { return !is_positive() && !is_negative(); }
  // A double in the interval: near the middle, or the finite end nearest to zero where one side is open.
  double mid() const;
  // Not below |x - mid()| for every x in it.
  double radius() const {
    const double m = mid();
    return std::max(bounds[1] - m, bounds[0] + m);
  }
};

inline double Interval::mid() const {
  if (is_bounded()) [[likely]]
    return std::clamp(0.5 * upper() + 0.5 * lower(), lower(), upper());
  return std::clamp(0.0, lower(), upper());
}

inline Interval operator-(Interval x) { return Interval::from_pair(pair::swapped(x.bounds)); }
inline Interval operator+(Interval x, Interval y) { return Interval::from_pair(x.bounds + y.bounds); }
inline Interval operator-(Interval x, Interval y) { return x + -y; }

// Exact doubles, finite.
inline Interval operator+(Interval x, double y) { return Interval::from_pair(x.bounds + Pair{-y, y}); }
inline Interval operator+(double x, Interval y) { return y + x; }
inline Interval operator-(Interval x, double y) { return Interval::from_pair(x.bounds + Pair{y, -y}); }
inline Interval operator-(double x, Interval y) { return -y + x; }

// A finite factor of known sign needs one product for each bound.
inline Interval operator*(Interval x, double factor) {
  const Pair ends = factor < 0.0 ? pair::swapped(x.bounds) : x.bounds;
  return Interval::from_pair(pair::or_unbounded(ends * pair::both(std::abs(factor))));
}
inline Interval operator*(double factor, Interval x) { return x * factor; }

// Both bounds at once: the four products of ends, each rounded up for `high` and, negated, for `-low`.
inline Interval operator*(Interval x, Interval y) {
  const Pair a = pair::first(x.bounds), b = pair::second(x.bounds), swapped = pair::swapped(y.bounds);
  const Pair low_high = pair::or_unbounded(a * swapped);    // (-(low y.high), low y.low)
  const Pair high_high = pair::or_unbounded(b * y.bounds);  // (-(high y.low), high y.high)
  const Pair low_low = pair::or_unbounded(-a * y.bounds);   // (-(low y.low), low y.high)
  const Pair high_low = pair::or_unbounded(-b * swapped);   // (-(high y.high), high y.low)
  return Interval::from_pair(pair::max(pair::max(low_high, high_high), pair::max(low_low, high_low)));
}

inline Interval operator/(Interval x, Interval y) {
  if (y.contains_zero()) [[unlikely]]
    return Interval::whole();
  // Only the divisor's sign matters: x / y = -x / -y. Then each bound is one of two quotients.
  const bool negative = y.is_negative();
  const Pair ends = negative ? pair::swapped(x.bounds) : x.bounds;
  const Pair divisor = negative ? pair::swapped(y.bounds) : y.bounds;
  const Pair by_near = pair::or_unbounded(ends / -pair::first(divisor));
  const Pair by_far = pair::or_unbounded(ends / pair::second(divisor));
  return Interval::from_pair(pair::max(by_near, by_far));
}
inline Interval operator/(double x, Interval y) { return Interval(x) / y; }

// A finite divisor.
inline Interval operator/(Interval x, double divisor) {
  if (divisor == 0.0) [[unlikely]]
    return Interval::whole();
  const Pair ends = divisor < 0.0 ? pair::swapped(x.bounds) : x.bounds;
  return Interval::from_pair(pair::or_unbounded(ends / pair::both(std::abs(divisor))));
}

inline Interval& operator+=(Interval& x, Interval y) { return x = x + y; }
inline Interval& operator-=(Interval& x, Interval y) { return x = x - y; }
inline Interval& operator*=(Interval& x, Interval y) { return x = x * y; }
inline Interval& operator/=(Interval& x, Interval y) { return x = x / y; }

inline Interval sqr(Interval x) {
  const double near = x.mignitude(), far = x.magnitude();
  return Interval::from_pair(Pair{-near * near, far * far});
}
inline Interval abs(Interval x) { return Interval::from_pair(Pair{-x.mignitude(), x.magnitude()}); }
inline Interval hull(Interval x, Interval y) { return Interval::from_pair(pair::max(x.bounds, y.bounds)); }
// The larger (smaller) of two numbers that x and y enclose.
inline Interval max(Interval x, Interval y) {
  return Interval::from_pair(Pair{std::min(x.bounds[0], y.bounds[0]), std::max(x.bounds[1], y.bounds[1])});
}
inline Interval min(Interval x, Interval y) { return -max(-x, -y); }
inline bool disjoint(Interval x, Interval y) { return x.upper() < y.lower() || y.upper() < x.lower(); }
// x and y enclose the same number, so they are not disjoint.
inline Interval intersect(Interval x, Interval y) {
  return Interval::from_pair(pair::min(x.bounds, y.bounds));
}

// elementary.cpp: cosine and sine of the exact product position * frequency.
std::pair<Interval, Interval> turn(int position, double frequency);
Interval exp(Interval x);

// What to subtract from the scores of a row whose largest one lies between low and high, so that neither the
// rows with the largest nor those with the smallest maximum leave the range of doubles, if they can help it.
inline double row_shift(double low, double high) {
  constexpr double kReach = 600.0;  // exp(600) = 4e260
  return high - low > kReach ? high - std::min(kReach, 0.5 * (high - low)) : high;
}

}  // namespace carryscope::verify

template <>
struct carryscope::model::Number<carryscope::verify::Interval> {
  using Interval = carryscope::verify::Interval;
  using Exact = Interval;
  using Weight = Interval;
  static constexpr bool kRounds = false;
  static Interval from(double value, double radius = 0.0) {
    return Interval::from_pair(carryscope::verify::Pair{radius - value, value + radius});
  }
  static Interval weight(double value, double radius = 0.0) { return from(value, radius); }
  static double lower(Interval x) { return x.lower(); }
  static double upper(Interval x) { return x.upper(); }
  static double magnitude(Interval x) { return x.magnitude(); }
  static Interval absorb(Interval x, double /*magnitude*/, int /*roundings*/) { return x; }
  static Interval exp_difference(Interval score, double low, double high) {
    return exp(score - carryscope::verify::row_shift(low, high));
  }
  static std::pair<Interval, Interval> turn(int position, double frequency) {
    return carryscope::verify::turn(position, frequency);
  }
};
