// Value: what any program may compute for one number of the model, over a box of inputs:
//     centre + sum_k slope_k e_k,   each e_k in [-1, 1],
// an affine form (Stolfi, de Figueiredo 1997). The radius of the centre holds what is not linear in the e_k
// and, under the float32 semantics, all rounding. Operators are exact; a program's roundings are added by
// Rounding: to nearest is fl(v) = v (1 + d) + e with |d| <= u = 2^-24; |e| is at most 2^-126, and kTiny
// covers it also after products with later factors below 2^46. A sum of n terms in any order, with any
// contraction, is off by at most gamma_n = n u / (1 - n u) times the sum of their magnitudes.
#pragma once

#include <span>
#include <vector>

#include "model/decoder.h"
#include "verify/check/ball.h"

namespace carryscope::verify::check {

struct Ulps {
  double exp = 0, erf = 0, tanh = 0, sqrt = 0, sincos = 0;
};

inline constexpr double kUnit = 0x1p-24, kTiny = 0x1p-80;

struct Value {
  Ball centre;
  std::vector<Ball> slope{};  // fewer than another's: the others are 0
  Ball terms{};               // of a product of stored factors, which need not be multiplied out: |A||B|

  Ball reach() const;  // of the slopes
  Ball range() const { return centre.widened(reach()); }
  Ball size() const { return max(range().magnitude(), terms); }
};
using Values = std::vector<Value>;
using Matrix = std::vector<Values>;  // by column; empty where the model has none

Value operator+(const Value& x, const Value& y);
Value operator-(const Value& x, const Value& y);
Value operator*(const Value& x, const Value& y);
Value squared(const Value& x);
Value root(const Value& x, double least);  // of what is known to be >= least
Value inverse_root(const Value& x, double least);
Value activated(model::Activation kind, const Value& x);
Ball bend(model::Activation kind, const Ball& range);  // encloses the second derivative

class Rounding {
 public:
  Rounding(bool float32, Ulps ulps) : float32_(float32), ulps_(ulps) {}
  bool float32() const { return float32_; }
  const Ulps& ulps() const { return ulps_; }

  // n roundings of terms whose magnitudes sum up to `size`.
  Value operator()(Value x, double n, const Ball& size) const;
  Value operator()(const Value& x, double n = 1) const { return (*this)(x, n, x.size()); }
  Value stored(double v) const;  // a number of the model's file
  // sum_i x_i w_ij of each column j, with `more` further roundings.
  Values product(std::span<const Value> x, const Matrix& w, int more = 0) const;
  Value dot(std::span<const Value> x, const Values& y, int more = 0) const {
    return product(x, {y}, more)[0];
  }
  Value activation(model::Activation kind, const Value& x) const;

 private:
  bool float32_;
  Ulps ulps_;
};

}  // namespace carryscope::verify::check
