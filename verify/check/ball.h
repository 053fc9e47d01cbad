// Ball: a real number enclosed by Arb, midpoint +- radius; where only a magnitude is meant, its upper bound.
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

inline constexpr long kBits = 64;  // of midpoints

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

  template <class F, class... More>  // an Arb function with a precision
  static Ball of(F function, const More&... arguments) {
    Ball y;
    function(y.x, arguments.x..., kBits);
    return y;
  }

  Ball& operator+=(const Ball& o) {
    arb_add(x, x, o.x, kBits);
    return *this;
  }
  void add_product(const Ball& a, const Ball& b) { arb_addmul(x, a.x, b.x, kBits); }
  friend Ball operator+(const Ball& a, const Ball& b) { return of(arb_add, a, b); }
  friend Ball operator-(const Ball& a, const Ball& b) { return of(arb_sub, a, b); }
  friend Ball operator*(const Ball& a, const Ball& b) { return of(arb_mul, a, b); }
  friend Ball operator/(const Ball& a, const Ball& b) { return of(arb_div, a, b); }
  friend Ball operator-(const Ball& a) { return Ball(0.0) - a; }
  friend Ball hull(const Ball& a, const Ball& b) { return of(arb_union, a, b); }
  friend const Ball& max(const Ball& a, const Ball& b) {  // of numbers without a radius
    return arf_cmp(arb_midref(a.x), arb_midref(b.x)) < 0 ? b : a;
  }
  friend const Ball& min(const Ball& a, const Ball& b) { return &max(a, b) == &a ? b : a; }

  Ball widened(const Ball& by) const {
    Ball y(*this);
    arb_add_error(y.x, by.x);
    return y;
  }
  Ball middle() const { return exactly(arb_midref(x)); }
  Ball radius() const {
    Ball y;
    arf_set_mag(arb_midref(y.x), arb_radref(x));
    return y;
  }
  Ball magnitude() const {  // its upper bound
    Ball y;
    mag_t m;
    mag_init(m);
    arb_get_mag(m, x);
    arf_set_mag(arb_midref(y.x), m);
    mag_clear(m);
    return y;
  }
  Ball least() const { return end(arb_get_lbound_arf); }
  Ball most() const { return end(arb_get_ubound_arf); }
  // What of it is not below `bound`; for numbers that are known not to be.
  Ball at_least(double bound) const { return hull(max(least(), bound), max(most(), bound)); }

  double approximate() const { return arf_get_d(arb_midref(x), ARF_RND_NEAR); }
  double lower() const { return arf_get_d(arb_midref(least().x), ARF_RND_FLOOR); }
  double upper() const { return arf_get_d(arb_midref(most().x), ARF_RND_CEIL); }
  bool positive() const { return arb_is_positive(x) != 0; }

 private:
  static Ball exactly(const arf_t value) {
    Ball y;
    arb_set_arf(y.x, value);
    return y;
  }
  Ball end(void (*function)(arf_t, const arb_t, slong)) const {
    Ball y;
    function(arb_midref(y.x), x, kBits);
    return y;
  }
};

inline Ball exp(const Ball& a) { return Ball::of(arb_exp, a); }
inline Ball erf(const Ball& a) { return Ball::of(arb_hypgeom_erf, a); }
inline Ball sqrt(const Ball& a) { return Ball::of(arb_sqrt, a); }
inline Ball cos(const Ball& a) { return Ball::of(arb_cos, a); }
inline Ball sin(const Ball& a) { return Ball::of(arb_sin, a); }

}  // namespace carryscope::verify::check
