// Arithmetic: what one operation of a model gives, over the reals or in any float32 program.
//
// A Value encloses the real result x over a box of inputs, its slopes along some directions, and how far a
// float32 evaluation *of the same input* may be off: |computed - exact| <= error. Slopes are from the centre:
// for each input t of the box, counted from there, x(t) = x(0) + sum_k s_k t_k with some s_k in slope[k].
// Under the real semantics error is 0. Rounding to nearest is fl(v) = v (1 + d) + e, |d| <= u = 2^-24; |e| is
// at most 2^-126, and kTiny covers it also after products with later factors below 2^46. A sum of n terms in
// any order, with any contraction, is off by at most gamma_n = n u / (1 - n u) times the sum of their
// magnitudes.
#pragma once

#include <vector>

#include "model/decoder.h"
#include "verify/check/ball.h"

namespace carryscope::verify::check {

struct Ulps {
  double exp = 0, erf = 0, tanh = 0, sqrt = 0, sincos = 0;
};

inline constexpr double kUnit = 0x1p-24, kTiny = 0x1p-80;

struct Value {
  Ball x;
  std::vector<Ball> slope;  // by direction; all Values of one computation have equally many, or none
  Bound error;
  Ball at;  // where there are slopes: x at the centre of the box

  const Ball& centre() const { return slope.empty() ? x : at; }
  Ball computed() const { return x.widened(error); }
  Bound size() const { return x.magnitude() + error; }
};

// Entries are exact products of stored numbers, size = |A||B|.
struct Matrix {
  int rows = 0, cols = 0;
  int roundings = 0;  // that an entry may have suffered before it is used: its factors' inner dimension
  std::vector<Ball> value;
  std::vector<Bound> size;
  bool empty() const { return value.empty(); }
  std::size_t at(int r, int c) const { return static_cast<std::size_t>(r * cols + c); }
};

class Arithmetic {
 public:
  Arithmetic(bool rounds, Ulps ulps) : rounds_(rounds), ulps_(ulps) {}
  bool rounds() const { return rounds_; }
  const Ulps& ulps() const { return ulps_; }

  Value plus(const Value& x, const Value& y) const;
  Value minus(const Value& x, const Value& y) const;
  Value times(const Value& x, const Value& y) const;
  Value root(const Value& x, double least) const;  // x, and whatever is computed for it, is >= least
  Value inverse(const Value& x) const;
  Value activation(model::Activation kind, const Value& x) const;
  Value constant(const Matrix& m, std::size_t entry) const;
  // sum_i x_i y_i with `more` further roundings; sizes: magnitudes of the y_i as they are computed.
  Value dot(const Value* x, const Ball* y, const Bound* sizes, std::size_t stride, std::size_t terms,
            int more) const;
  Value linear(const std::vector<Value>& x, const Matrix& w, const Matrix& bias, int col) const;

  // A Value over the box of centre +- reach (by direction) lies within  at + slope [-reach, reach].
  static void tighten(Value& x, const std::vector<Bound>& reach);  // nothing, where there are no slopes
  // Adds n roundings of terms whose magnitudes sum up to `size`.
  void absorb(Value& x, const Bound& size, int n) const;
  Bound gamma(int n) const;

 private:
  Value finished(Value y, const Bound& propagated) const;  // one rounding of y
  bool rounds_;
  Ulps ulps_;
};

}  // namespace carryscope::verify::check
