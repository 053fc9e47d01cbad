// Arb's balls for tests: real numbers with a proven radius, and their polynomials.
#pragma once

#if __has_include(<flint/arb.h>)
#include <flint/arb.h>
#include <flint/arb_hypgeom.h>
#include <flint/arb_poly.h>
#else
#include <arb.h>
#include <arb_hypgeom.h>
#include <arb_poly.h>
#endif

#include <utility>

namespace carryscope::test {

inline constexpr long kBits = 256;

struct Ball {
  arb_t x;
  Ball() { arb_init(x); }
  Ball(double v) : Ball() { arb_set_d(x, v); }  // NOLINT: a double is a ball
  Ball(const Ball& other) : Ball() { arb_set(x, other.x); }
  Ball(Ball&& other) noexcept : Ball() { arb_swap(x, other.x); }
  Ball& operator=(Ball other) {
    arb_swap(x, other.x);
    return *this;
  }
  ~Ball() { arb_clear(x); }
  static Ball between(double low, double high) {
    Ball b;
    const Ball l(low), h(high);
    arb_union(b.x, l.x, h.x, kBits);
    return b;
  }
};

#define CARRYSCOPE_BALL_OPERATOR(symbol, function)            \
  inline Ball operator symbol(const Ball& a, const Ball& b) { \
    Ball c;                                                   \
    function(c.x, a.x, b.x, kBits);                           \
    return c;                                                 \
  }
CARRYSCOPE_BALL_OPERATOR(+, arb_add)
CARRYSCOPE_BALL_OPERATOR(-, arb_sub)
CARRYSCOPE_BALL_OPERATOR(*, arb_mul)
CARRYSCOPE_BALL_OPERATOR(/, arb_div)
#undef CARRYSCOPE_BALL_OPERATOR
inline Ball operator-(const Ball& a) {
  Ball c;
  arb_neg(c.x, a.x);
  return c;
}

#define CARRYSCOPE_BALL_FUNCTION(name, function) \
  inline Ball name(const Ball& a) {              \
    Ball c;                                      \
    function(c.x, a.x, kBits);                   \
    return c;                                    \
  }
CARRYSCOPE_BALL_FUNCTION(exp, arb_exp)
CARRYSCOPE_BALL_FUNCTION(tanh, arb_tanh)
CARRYSCOPE_BALL_FUNCTION(sqrt, arb_sqrt)
CARRYSCOPE_BALL_FUNCTION(erf, arb_hypgeom_erf)
CARRYSCOPE_BALL_FUNCTION(erfc, arb_hypgeom_erfc)
CARRYSCOPE_BALL_FUNCTION(cos, arb_cos)
CARRYSCOPE_BALL_FUNCTION(sin, arb_sin)
#undef CARRYSCOPE_BALL_FUNCTION
inline Ball abs(const Ball& a) {
  Ball c;
  arb_abs(c.x, a.x);
  return c;
}
inline Ball pi() {
  Ball c;
  arb_const_pi(c.x, kBits);
  return c;
}

// Proven comparisons: false where the balls overlap.
inline bool certainly_le(const Ball& a, const Ball& b) { return arb_le(a.x, b.x) != 0; }
inline bool certainly_lt(const Ball& a, const Ball& b) { return arb_lt(a.x, b.x) != 0; }
inline double approximate(const Ball& a) { return arf_get_d(arb_midref(a.x), ARF_RND_NEAR); }

// A power series in t, cut off after `length` terms.
struct Series {
  arb_poly_t p;
  Series() { arb_poly_init(p); }
  explicit Series(const Ball& constant) : Series() { arb_poly_set_arb(p, constant.x); }
  Series(const Series& other) : Series() { arb_poly_set(p, other.p); }
  Series& operator=(Series other) {
    arb_poly_swap(p, other.p);
    return *this;
  }
  ~Series() { arb_poly_clear(p); }
  // centre + t
  static Series variable(const Ball& centre) {
    Series s;
    arb_poly_set_coeff_si(s.p, 1, 1);
    arb_poly_set_coeff_arb(s.p, 0, centre.x);
    return s;
  }
  Ball operator[](int i) const {
    Ball c;
    arb_poly_get_coeff_arb(c.x, p, i);
    return c;
  }
};

inline constexpr int kLength = 24;
#define CARRYSCOPE_SERIES_OPERATOR(symbol, function)                \
  inline Series operator symbol(const Series& a, const Series& b) { \
    Series c;                                                       \
    function(c.p, a.p, b.p, kLength, kBits);                        \
    return c;                                                       \
  }
CARRYSCOPE_SERIES_OPERATOR(+, arb_poly_add_series)
CARRYSCOPE_SERIES_OPERATOR(-, arb_poly_sub_series)
CARRYSCOPE_SERIES_OPERATOR(*, arb_poly_mullow)
CARRYSCOPE_SERIES_OPERATOR(/, arb_poly_div_series)
#undef CARRYSCOPE_SERIES_OPERATOR
inline Series exp(const Series& a) {
  Series c;
  arb_poly_exp_series(c.p, a.p, kLength, kBits);
  return c;
}
inline Series erfc(const Series& a) {
  Series c;
  arb_hypgeom_erfc_series(c.p, a.p, kLength, kBits);
  return c;
}
inline Series derivative(const Series& a) {
  Series c;
  arb_poly_derivative(c.p, a.p, kBits);
  return c;
}

}  // namespace carryscope::test
