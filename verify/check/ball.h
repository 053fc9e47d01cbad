// Ball: a real number enclosed by Arb, midpoint +- radius; Bound: an upper bound of a magnitude.
//
// Every operation encloses the exact result, whatever the processor's rounding mode. Nothing here is shared
// with the search's intervals: F. Johansson, Arb: efficient arbitrary-precision midpoint-radius interval
// arithmetic, IEEE Trans. Computers 66 (2017).
#pragma once

#include <cmath>

#if __has_include(<flint/arb.h>)
#include <flint/arb.h>
#include <flint/arb_hypgeom.h>
#else
#include <arb.h>
#include <arb_hypgeom.h>
#endif

namespace carryscope::verify::check {

inline constexpr long kBits = 96;  // of midpoints

// >= 0; sums and products are rounded up.
struct Bound {
  mag_t m;
  Bound() { mag_init(m); }
  Bound(double v) : Bound() { mag_set_d(m, v); }  // NOLINT: rounded up
  Bound(const Bound& o) : Bound() { mag_set(m, o.m); }
  Bound(Bound&& o) noexcept : Bound() { mag_swap(m, o.m); }
  Bound& operator=(Bound o) {
    mag_swap(m, o.m);
    return *this;
  }
  ~Bound() { mag_clear(m); }
  Bound& operator+=(const Bound& o) {
    mag_add(m, m, o.m);
    return *this;
  }
  friend Bound operator+(Bound x, const Bound& y) { return x += y; }
  friend Bound operator*(const Bound& x, const Bound& y) {
    Bound z;
    mag_mul(z.m, x.m, y.m);
    return z;
  }
  friend bool operator<(const Bound& x, const Bound& y) { return mag_cmp(x.m, y.m) < 0; }
};

struct Ball {
  arb_t x;
  Ball() { arb_init(x); }
  Ball(double v) : Ball() { arb_set_d(x, v); }  // NOLINT: exactly this double
  Ball(const Ball& o) : Ball() { arb_set(x, o.x); }
  Ball(Ball&& o) noexcept : Ball() { arb_swap(x, o.x); }
  Ball& operator=(Ball o) {
    arb_swap(x, o.x);
    return *this;
  }
  ~Ball() { arb_clear(x); }

  Ball widened(const Bound& radius) const {
    Ball y(*this);
    arb_add_error_mag(y.x, radius.m);
    return y;
  }
  Ball middle() const {
    Ball y;
    arb_set_arf(y.x, arb_midref(x));
    return y;
  }
  Bound radius() const {
    Bound r;
    mag_set(r.m, arb_radref(x));
    return r;
  }
  Bound magnitude() const {
    Bound b;
    arb_get_mag(b.m, x);
    return b;
  }
  // What of it is not below `least`; for numbers that are known not to be.
  Ball at_least(double least) const {
    const double most = upper();
    if (!(lower() < least && least < most && most < HUGE_VAL)) return *this;
    const Ball middle(0.5 * (least + most));
    const Bound up = (Ball(most) - middle).magnitude(), down = (middle - Ball(least)).magnitude();
    return middle.widened(up < down ? down : up);
  }
  double approximate() const { return arf_get_d(arb_midref(x), ARF_RND_NEAR); }
  double upper() const { return end(ARF_RND_CEIL); }
  double lower() const { return end(ARF_RND_FLOOR); }
  bool positive() const { return arb_is_positive(x) != 0; }
  bool negative() const { return arb_is_negative(x) != 0; }

  Ball& operator+=(const Ball& o) {
    arb_add(x, x, o.x, kBits);
    return *this;
  }
  friend Ball operator+(const Ball& a, const Ball& b) { return apply(arb_add, a, b); }
  friend Ball operator-(const Ball& a, const Ball& b) { return apply(arb_sub, a, b); }
  friend Ball operator*(const Ball& a, const Ball& b) { return apply(arb_mul, a, b); }
  friend Ball operator/(const Ball& a, const Ball& b) { return apply(arb_div, a, b); }
  friend Ball hull(const Ball& a, const Ball& b) { return apply(arb_union, a, b); }
  friend Ball operator-(const Ball& a) {
    Ball y;
    arb_neg(y.x, a.x);
    return y;
  }
  template <class F>
  static Ball of(F function, const Ball& a) {
    Ball y;
    function(y.x, a.x, kBits);
    return y;
  }

 private:
  template <class F>
  static Ball apply(F function, const Ball& a, const Ball& b) {
    Ball y;
    function(y.x, a.x, b.x, kBits);
    return y;
  }
  double end(arf_rnd_t direction) const {
    arf_t e;
    arf_init(e);
    (direction == ARF_RND_CEIL ? arb_get_ubound_arf : arb_get_lbound_arf)(e, x, kBits);
    const double d = arf_get_d(e, direction);
    arf_clear(e);
    return d;
  }
};

inline Ball exp(const Ball& a) { return Ball::of(arb_exp, a); }
inline Ball erf(const Ball& a) { return Ball::of(arb_hypgeom_erf, a); }
inline Ball tanh(const Ball& a) { return Ball::of(arb_tanh, a); }
inline Ball sqrt(const Ball& a) { return Ball::of(arb_sqrt, a); }
inline Ball cos(const Ball& a) { return Ball::of(arb_cos, a); }
inline Ball sin(const Ball& a) { return Ball::of(arb_sin, a); }

}  // namespace carryscope::verify::check
