// Lanes: the vector type of the fused trainer's kernel, and exp and the normal distribution over it.
//
// A lane type L is float (one thread of a GPU) or a compiler vector of floats (one core's SIMD unit);
// the kernel is written once for both. Everything lives in a namespace named by the instruction set it
// is compiled for, so that the linker never mixes two of them.
//   exp     Cody and Waite's reduction, a polynomial on [-ln 2 / 2, ln 2 / 2]: 2 ulp; below -87 as at -87
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

// A vector anywhere in memory. Not memcpy, which a compiler may do by halves: then a load of the whole waits
// for both.
template <class L>
struct Unaligned {
  typedef L Type __attribute__((aligned(4), may_alias));
};

template <class L>
CARRYSCOPE_BOTH inline L load(const float* from) {
  return *reinterpret_cast<const typename Unaligned<L>::Type*>(from);
}

template <class L>
CARRYSCOPE_BOTH inline void store(float* to, const L& x) {
  *reinterpret_cast<typename Unaligned<L>::Type*>(to) = x;
}

template <class L>
CARRYSCOPE_BOTH inline L larger(const L& x, const L& y) {
  return x > y ? x : y;
}

template <class L>
CARRYSCOPE_BOTH inline L smaller(const L& x, const L& y) {
  return x < y ? x : y;
}

// The sum in every lane, by halves: (0 + 4) + (2 + 6) ... of eight.
template <class L>
CARRYSCOPE_BOTH inline float sum_of_lanes(L x) {
  if constexpr (kLanes < L >> 1) {
    using Integer = typename LanesOf<kLanes<L>>::Integer;
    Integer number;
    for (int i = 0; i < kLanes<L>; ++i) number[i] = i;
    for (int half = kLanes<L> / 2; half > 0; half /= 2) x += __builtin_shuffle(x, number ^ half);
  }
  return lane(x, 0);
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

// For x >= 1 (a sum of exponentials of which one is 1): 2 ulp or 1e-7, whichever is more.
template <class L>
CARRYSCOPE_BOTH inline L log(const L& x) {
  using Integer = typename LanesOf<kLanes<L>>::Integer;
  Integer bits;
  __builtin_memcpy(&bits, &x, sizeof(L));
  const Integer exponent = (bits - 0x3f3504f3) >> 23;  // so that the mantissa lies around 1
  bits = bits - (exponent << 23);
  L m, e;
  __builtin_memcpy(&m, &bits, sizeof(L));
  if constexpr (kLanes<L> == 1)
    e = static_cast<float>(exponent);
  else
    e = __builtin_convertvector(exponent, L);
  // log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172
  const L s = (m - 1.0F) / (m + 1.0F), t = s * s;
  return e * 0.693147181F + s * (((t * (2.0F / 7) + 2.0F / 5) * t + 2.0F / 3) * t + 2.0F);
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

// Eight vectors of eight, transposed in registers: pairs, then fours, then halves change places.
template <class L>
inline void transpose(L* x) {
  using Integer = typename LanesOf<8>::Integer;
  constexpr Integer kLow = {0, 8, 1, 9, 4, 12, 5, 13}, kHigh = {2, 10, 3, 11, 6, 14, 7, 15};
  constexpr Integer kLowPair = {0, 1, 8, 9, 4, 5, 12, 13}, kHighPair = {2, 3, 10, 11, 6, 7, 14, 15};
  constexpr Integer kLowHalf = {0, 1, 2, 3, 8, 9, 10, 11}, kHighHalf = {4, 5, 6, 7, 12, 13, 14, 15};
  L y[8], z[8];
  for (int i = 0; i < 8; i += 2) {
    y[i] = __builtin_shuffle(x[i], x[i + 1], kLow);
    y[i + 1] = __builtin_shuffle(x[i], x[i + 1], kHigh);
  }
  for (int i = 0; i < 8; i += 4)
    for (int k = 0; k < 2; ++k) {
      z[i + 2 * k] = __builtin_shuffle(y[i + k], y[i + k + 2], kLowPair);
      z[i + 2 * k + 1] = __builtin_shuffle(y[i + k], y[i + k + 2], kHighPair);
    }
  for (int i = 0; i < 4; ++i) {
    x[i] = __builtin_shuffle(z[i], z[i + 4], kLowHalf);
    x[i + 4] = __builtin_shuffle(z[i], z[i + 4], kHighHalf);
  }
}

// columns[c], lane i = rows[i][c], for the `count` first of the eight floats of each row.
template <class L>
CARRYSCOPE_BOTH inline void to_columns(const float* const* rows, int count, L* columns) {
  if constexpr (kLanes<L> == 8) {
    L x[8];
    for (int i = 0; i < 8; ++i) x[i] = load<L>(rows[i]);
    transpose(x);
    for (int c = 0; c < count; ++c) columns[c] = x[c];
  } else {
    for (int c = 0; c < count; ++c) {
      L x = L{};
      for (int i = 0; i < kLanes<L>; ++i) set_lane(x, i, rows[i][c]);
      columns[c] = x;
    }
  }
}

// columns[c], lane i = rows[8 i + c], 0 <= c < 8.
template <class L>
CARRYSCOPE_BOTH inline void columns_of(const float* rows, L* columns) {
  const float* at[kLanes<L>];
  for (int i = 0; i < kLanes<L>; ++i) at[i] = rows + 8 * i;
  to_columns<L>(at, 8, columns);
}

// rows + 8 i holds lane i of the eight columns.
template <class L>
CARRYSCOPE_BOTH inline void to_rows(const L* columns, float* rows) {
  if constexpr (kLanes<L> == 8) {
    L x[8];
    for (int c = 0; c < 8; ++c) x[c] = columns[c];
    transpose(x);
    for (int i = 0; i < 8; ++i) store(rows + 8 * i, x[i]);
  } else {
    for (int c = 0; c < 8; ++c)
      for (int i = 0; i < kLanes<L>; ++i) rows[8 * i + c] = lane(columns[c], i);
  }
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
