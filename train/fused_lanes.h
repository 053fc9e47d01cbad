// Lanes: the vector type of the fused trainer's kernel, and exp and the normal distribution over it.
//
// A lane type L is float (one thread of a GPU) or a compiler vector of floats (one core's SIMD unit);
// the kernel is written once for both. Everything lives in a namespace named by the instruction set it
// is compiled for, so that the linker never mixes two of them.
//   exp     Cody and Waite's reduction, a polynomial on [-ln 2 / 2, ln 2 / 2]: 2 ulp; below -87 as at -87
//   normal  Phi(-a) = exp(-a^2 / 2) Q(t), t = 1 / (1 + 0.35 a), the form of Abramowitz and Stegun 26.2.17
//           with nine coefficients of our own (levelled least squares, relative error 7e-8)
// tests/train/fused_lanes_test.cpp holds them to these bounds.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "train/portable.h"

#ifndef CARRYSCOPE_ISA
#define CARRYSCOPE_ISA portable
#endif

namespace carryscope::train::CARRYSCOPE_ISA {

template <int W>
struct LanesOf {
  typedef float Type __attribute__((vector_size(4 * W)));
  typedef std::int32_t Integer __attribute__((vector_size(4 * W)));
};
template <>
struct LanesOf<1> {
  using Type = float;
  using Integer = std::int32_t;
};
template <int W>
using Lanes = typename LanesOf<W>::Type;

template <class L>
inline constexpr int kLanes = static_cast<int>(sizeof(L) / sizeof(float));

template <class L>
CARRYSCOPE_BOTH inline L splat(float x) {
  return L{} + x;
}

template <class L>
CARRYSCOPE_BOTH inline float lane(const L& x, int i) {
  if constexpr (kLanes<L> == 1)
    return x;
  else
    return x[i];
}

template <class L>
CARRYSCOPE_BOTH inline void set_lane(L& x, int i, float value) {
  if constexpr (kLanes<L> == 1)
    x = value;
  else
    x[i] = value;
}

template <class L>
CARRYSCOPE_BOTH inline L load(const float* from) {
  L x;
  __builtin_memcpy(&x, from, sizeof(L));
  return x;
}

template <class L>
CARRYSCOPE_BOTH inline void store(float* to, const L& x) {
  __builtin_memcpy(to, &x, sizeof(L));
}

template <class L>
CARRYSCOPE_BOTH inline L larger(const L& x, const L& y) {
  return x > y ? x : y;
}

template <class L>
CARRYSCOPE_BOTH inline L smaller(const L& x, const L& y) {
  return x < y ? x : y;
}

// In a fixed order: lane 0 first.
template <class L>
CARRYSCOPE_BOTH inline float sum_of_lanes(const L& x) {
  float sum = lane(x, 0);
  for (int i = 1; i < kLanes<L>; ++i) sum += lane(x, i);
  return sum;
}

template <class L>
CARRYSCOPE_BOTH inline L root(L x) {
  for (int i = 0; i < kLanes<L>; ++i) set_lane(x, i, std::sqrt(lane(x, i)));
  return x;
}

// 2^k for integral -126 <= k <= 127.
template <class L>
CARRYSCOPE_BOTH inline L power_of_two(const L& k) {
  using Integer = typename LanesOf<kLanes<L>>::Integer;
  Integer bits;
  if constexpr (kLanes<L> == 1)
    bits = static_cast<std::int32_t>(k);
  else
    bits = __builtin_convertvector(k, Integer);
  bits = (bits + 127) << 23;
  L power;
  __builtin_memcpy(&power, &bits, sizeof(L));
  return power;
}

template <class L>
CARRYSCOPE_BOTH inline L exp(L x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer
  x = smaller(larger(x, splat<L>(-87.0F)), splat<L>(88.0F));
  const L k = (x * 1.44269504F + kRound) - kRound;
  const L r = (x - k * 0.693359375F) + k * 2.12194440e-4F;
  L p = r * (1.0F / 5040) + 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  return (p * r * r + r + 1.0F) * power_of_two(k);
}

template <class L>
struct Normal {
  L cdf, pdf;
};

template <class L>
CARRYSCOPE_BOTH inline Normal<L> normal(const L& x) {
  const L a = larger(x, -x);
  const L e = exp<L>(a * a * -0.5F);
  const L t = 1.0F / (a * 0.35F + 1.0F);
  L q = t * -0.029146481305360794F + 0.14397433400154114F;
  q = q * t - 0.2557195723056793F;
  q = q * t + 0.15918004512786865F;
  q = q * t - 0.02311374805867672F;
  q = q * t + 0.10550959408283234F;
  q = q * t + 0.11983248591423035F;
  q = q * t + 0.13986192643642426F;
  q = q * t + 0.13962140679359436F;
  const L tail = e * (q * t);
  return {x > L{} ? 1.0F - tail : tail, e * 0.39894228F};
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
