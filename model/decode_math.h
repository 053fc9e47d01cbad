// exp, erf, tanh and the feed-forward activations of float32 decoding, over the vectors of vectors.h.
//
// Every operation and its order is written out, fused multiply-adds included, so a lane has the same bits on
// every processor and GPU. erf is an odd polynomial, levelled for relative error (Remez; 2.5e-7 on the range
// given, beyond which it is 1). Bounds, held by tests/model/decode_math_test.cpp
// and far inside those that certify grants (verify/library_ulps.h): exp 2 ulp, erf 8 ulp, tanh 5 ulp.
// gelu is h + h erf with h = x / 2, one rounding less than the h (1 + erf) of activation.h.
#pragma once

#include "model/decoder.h"
#include "model/vectors.h"

namespace carryscope::model::CARRYSCOPE_ISA {

// Horner's scheme, the highest coefficient first.
template <class L, int N>
CARRYSCOPE_BOTH inline L polynomial(const float (&coefficients)[N], const L& x) {
  L sum = splat<L>(coefficients[0]);
  for (int i = 1; i < N; ++i) sum = multiply_add<L>(sum, x, splat<L>(coefficients[i]));
  return sum;
}

// Below -87 as at -87, above 88 as at 88.
template <class L>
CARRYSCOPE_BOTH inline L exp(L x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer
  constexpr float kTerms[] = {1.0F / 5040, 1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F};
  x = smaller<L>(larger<L>(x, splat<L>(-87.0F)), splat<L>(88.0F));
  const L k = multiply_add<L>(x, splat<L>(1.44269504F), splat<L>(kRound)) - splat<L>(kRound);
  const L r = multiply_add<L>(k, splat<L>(2.12194440e-4F), multiply_add<L>(k, splat<L>(-0.693359375F), x));
  return polynomial<L>(kTerms, r) * power_of_two<L>(k);
}

// erf(x / sqrt(2)) = x P(x^2), as at the ends beyond them; never beyond 1.
template <class L>
CARRYSCOPE_BOTH inline L erf_of_root_half(const L& x) {
  constexpr float kEnd = 5.234375F, kCentre = 14.111328125F;
  constexpr float kTerms[] = {-1.685702424e-18F, 5.693135737e-17F, -5.794869284e-16F, 1.152910018e-14F,
                              -5.173469873e-13F, 1.254865271e-11F, -2.407610145e-10F, 4.736482255e-9F,
                              -9.051019844e-8F,  1.62109451e-6F,   -2.814815229e-5F,  4.93804069e-4F,
                              -9.406292335e-3F,  0.2661591032F};
  const L y = smaller<L>(larger<L>(x, splat<L>(-kEnd)), splat<L>(kEnd));
  return y * polynomial<L>(kTerms, multiply_add<L>(y, y, splat<L>(-kCentre)));
}

// Near zero the Taylor series, elsewhere 1 - 2 / (exp(2 |x|) + 1).
template <class L>
CARRYSCOPE_BOTH inline L tanh(const L& x) {
  constexpr float kTerms[] = {-1.45583438e-3F, 3.59212804e-3F, -8.86323553e-3F, 2.18694885e-2F,
                              -5.39682540e-2F, 0.133333333F,   -0.333333333F};
  const L size = larger<L>(x, -x), square = x * x;
  const L far = splat<L>(1.0F) - splat<L>(2.0F) / (exp<L>(size + size) + splat<L>(1.0F));
  const L near = multiply_add<L>(x * square, polynomial<L>(kTerms, square), x);
  return where_greater<L>(splat<L>(0.5F), size, near, where_greater<L>(splat<L>(0.0F), x, -far, far));
}

template <class L>
CARRYSCOPE_BOTH inline L gelu_erf(const L& x) {
  const L half = x * splat<L>(0.5F);
  return multiply_add<L>(half, erf_of_root_half<L>(x), half);
}

template <class L>
CARRYSCOPE_BOTH inline L gelu_tanh(const L& x) {
  const L half = x * splat<L>(0.5F), inner = multiply_add<L>(splat<L>(0.044715F) * x * x, x, x);
  return multiply_add<L>(half, tanh<L>(splat<L>(0.79788456080286535588F) * inner), half);
}

template <class L>
CARRYSCOPE_BOTH inline L silu(const L& x) {
  return x / (splat<L>(1.0F) + exp<L>(-x));
}

template <class L>
CARRYSCOPE_BOTH inline void activate(Activation activation, int count, L* x) {
  switch (activation) {
    case Activation::gelu_erf:
      for (int i = 0; i < count; ++i) x[i] = gelu_erf<L>(x[i]);
      return;
    case Activation::gelu_tanh:
      for (int i = 0; i < count; ++i) x[i] = gelu_tanh<L>(x[i]);
      return;
    case Activation::relu:
      for (int i = 0; i < count; ++i) x[i] = larger<L>(x[i], splat<L>(0.0F));
      return;
    case Activation::silu:
      for (int i = 0; i < count; ++i) x[i] = silu<L>(x[i]);
      return;
  }
}

}  // namespace carryscope::model::CARRYSCOPE_ISA
