// The feed-forward activations as formulas over a number type: the operations, and so the
// roundings, that a float32 program performs. Interval types overload these functions with
// enclosures that are tight over a range (verify/elementary.h).
#pragma once

#include "model/decoder.h"
#include "model/number.h"

namespace carryscope::model {

// x Phi(x), Phi the standard normal distribution function.
template <class T>
T gelu_erf(const T& x) {
  using std::erf;
  const T half = Number<T>::from(0.5), one = Number<T>::from(1.0);
  const T root_half = Number<T>::from(0.70710678118654752440, 0x1p-53);
  return x * half * (one + erf(x * root_half));
}

// x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
template <class T>
T gelu_tanh(const T& x) {
  using std::tanh;
  const T half = Number<T>::from(0.5), one = Number<T>::from(1.0);
  const T root = Number<T>::from(0.79788456080286535588, 0x1p-53), cubic = Number<T>::from(0.044715, 0x1p-57);
  return x * half * (one + tanh(root * (x + cubic * x * x * x)));
}

template <class T>
T silu(const T& x) {
  using std::exp;
  return x / (Number<T>::from(1.0) + exp(-x));
}

template <std::floating_point T>
T relu(const T& x) {
  return x > T{0} ? x : T{0};
}

template <class T>
T activate(Activation activation, const T& x) {
  switch (activation) {
    case Activation::gelu_erf:
      return gelu_erf(x);
    case Activation::gelu_tanh:
      return gelu_tanh(x);
    case Activation::relu:
      return relu(x);
    case Activation::silu:
      return silu(x);
  }
  return x;
}

}  // namespace carryscope::model
