// The functions of the fused trainer's kernel: exp, log and the normal distribution over the vectors of
// model/vectors.h, in namespaces of the same names.
//   exp     Cody and Waite's reduction, a minimax polynomial on [-ln 2 / 2, ln 2 / 2] that is 1 at 0
//           (relative error 3e-9): 2 ulp; below -87 as at -87
//   log     the series of the inverse hyperbolic tangent
//   normal  Phi(-a) = exp(-a^2 / 2) Q(t), t = 1 / (1 + 0.35 a), the form of Abramowitz and Stegun 26.2.17
//           with nine coefficients of our own (levelled least squares, relative error 7e-8). In float32,
//           for |x| <= 12, relative: Phi(x) 4.5e-7, density 2e-7, and 3e-8 x^2 more where x < 0 or for
//           the density: exp magnifies the rounding of x^2
// tests/train/fused_lanes_test.cpp holds them to these bounds.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "model/vector_columns.h"

namespace carryscope::train::CARRYSCOPE_ISA {

using namespace model::CARRYSCOPE_ISA;
using model::CARRYSCOPE_ISA::to_columns;  // beside an overload of the tables'

// The sum of the lanes, by halves: (0 + 4) + (2 + 6) ... of eight.
template <class L>
CARRYSCOPE_BOTH inline float sum_of_lanes(L x) {
  if constexpr (kLanes < L >> 1) {
#if __has_builtin(__builtin_shuffle)
    using Integer = typename LanesOf<kLanes<L>>::Integer;
    Integer number;
    for (int i = 0; i < kLanes<L>; ++i) number[i] = i;
    for (int half = kLanes<L> / 2; half > 0; half /= 2) x += __builtin_shuffle(x, number ^ half);
#else
    for (int half = kLanes<L> / 2; half > 0; half /= 2)
      for (int i = 0; i < half; ++i) x[i] += x[i + half];
#endif
  }
  return lane(x, 0);
}

// columns[c], lane i = rows[8 i + c], 0 <= c < 8.
template <class L>
CARRYSCOPE_BOTH inline void columns_of(const float* rows, L* columns) {
  const float* at[kLanes<L>];
  for (int i = 0; i < kLanes<L>; ++i) at[i] = rows + 8 * i;
  to_columns<L>(at, 8, columns);
}

template <class L>
CARRYSCOPE_BOTH inline typename LanesOf<kLanes<L>>::Integer bits_of(const L& x) {
  typename LanesOf<kLanes<L>>::Integer bits;
  __builtin_memcpy(&bits, &x, sizeof(L));
  return bits;
}

template <class L>
CARRYSCOPE_BOTH inline L with_bits(const typename LanesOf<kLanes<L>>::Integer& bits) {
  L x;
  __builtin_memcpy(&x, &bits, sizeof(L));
  return x;
}

// x 2^k, k being the integer in the low bits of `shifted`; both x and the result are normal numbers.
template <class L>
CARRYSCOPE_BOTH inline L times_power_of_two(const L& x, const L& shifted) {
  return with_bits<L>(bits_of(x) + (bits_of(shifted) << 23));
}

template <class L>
CARRYSCOPE_BOTH inline L exp(L x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  x = smaller(larger(x, splat<L>(-87.0F)), splat<L>(88.0F));
  const L shifted = x * 1.44269504F + kRound, k = shifted - kRound;
  const L r = (x - k * 0.693359375F) + k * 2.12194440e-4F;
  L p = r * 0.001406127626F + 0.008379020733F;
  p = p * r + 0.04166477651F;
  p = p * r + 0.1666636531F;
  p = p * r + 0.5000000435F;
  p = p * r + 1.00000005F;
  p = p * r + 1.0F;
  return times_power_of_two(p, shifted);
}

// For x >= 1 (a sum of exponentials of which one is 1): 2 ulp or 1e-7, whichever is more.
template <class L>
CARRYSCOPE_BOTH inline L log(const L& x) {
  const auto exponent = (bits_of(x) - 0x3f3504f3) >> 23;  // so that the mantissa lies around 1
  const L m = with_bits<L>(bits_of(x) - (exponent << 23));
  L e;
  if constexpr (kLanes<L> == 1)
    e = static_cast<float>(exponent);
  else
    e = __builtin_convertvector(exponent, L);
  // log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172
  const L s = (m - 1.0F) / (m + 1.0F), t = s * s;
  return e * 0.693147181F + s * (((t * (2.0F / 7) + 2.0F / 5) * t + 2.0F / 3) * t + 2.0F);
}

template <class L>
CARRYSCOPE_BOTH inline L magnitude(const L& x) {
  return with_bits<L>(bits_of(x) & 0x7fffffff);
}

// By the sign bit.
template <class L>
CARRYSCOPE_BOTH inline L where_negative(const L& x, const L& then, const L& otherwise) {
  return bits_of(x) < 0 ? then : otherwise;
}

template <class L>
struct Normal {
  L cdf, pdf;
};

template <class L>
CARRYSCOPE_BOTH inline Normal<L> normal(const L& x) {
  const L e = exp<L>(x * x * -0.5F);
  const L t = 1.0F / (magnitude(x) * 0.35F + 1.0F);
  L q = t * -0.029146481305360794F + 0.14397433400154114F;
  q = q * t - 0.2557195723056793F;
  q = q * t + 0.15918004512786865F;
  q = q * t - 0.02311374805867672F;
  q = q * t + 0.10550959408283234F;
  q = q * t + 0.11983248591423035F;
  q = q * t + 0.13986192643642426F;
  q = q * t + 0.13962140679359436F;
  const L tail = e * (q * t);
  return {where_negative(x, tail, L(1.0F - tail)), e * 0.39894228F};
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
