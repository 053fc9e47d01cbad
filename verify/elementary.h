// Enclosures of exp, erf, tanh, sqrt, the logistic and the normal distribution function, and of the
// feed-forward activations and their derivatives, over the reals.
//
// A point value is a table polynomial whose error (truncation and every rounding) was bounded with
// ball arithmetic; the enclosure widens it by that bound. Over an interval each function is cut at
// its turning points into monotone pieces, so a range is as tight as its point values:
//   relative width  <= 1e-15   exp, sqrt; Phi and its density 3e-15, also in the far tails
//   absolute width  <= 2e-15   everything else, times |x| for gelu, silu
// exp is declared with the interval, whose softmax needs it. No function of the C library is called. The
// rounding mode must be upward (verify/rounding.h).
#pragma once

#include "model/decoder.h"
#include "verify/interval.h"

namespace carryscope::verify {

Interval sqrt(Interval x);  // of the part >= 0: what is enclosed is promised not to be negative
Interval erf(Interval x);
Interval tanh(Interval x);
Interval sigmoid(Interval x);         // 1 / (1 + exp(-x))
Interval normal_cdf(Interval x);      // Phi, the standard normal distribution function
Interval normal_density(Interval x);  // Phi'

// Activations over x, and the range of their derivatives over x. gelu_tanh's constant 0.044715 is
// enclosed as 0.044715 +- 2^-57, which covers the decimal and the double nearest to it.
Interval gelu_erf(Interval x);
Interval gelu_erf_slope(Interval x);
Interval gelu_tanh(Interval x);
Interval gelu_tanh_slope(Interval x);
Interval silu(Interval x);
Interval silu_slope(Interval x);
Interval relu(Interval x);
Interval relu_slope(Interval x);  // [0, 1] where x touches 0
Interval activate(model::Activation activation, Interval x);
Interval activation_slope(model::Activation activation, Interval x);

// At one finite double; exp, sigmoid and tanh also at +-infinity.
namespace at {
Interval exp(double x);
Interval tanh(double x);
Interval sigmoid(double x);
struct Normal {
  Interval cdf, density;
};
Normal normal(double x);
Interval normal_cdf(double x);
}  // namespace at

}  // namespace carryscope::verify
