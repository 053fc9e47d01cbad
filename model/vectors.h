// Vectors: a number type of one kernel for a thread of a GPU (float) and for a core's SIMD unit (a compiler
// vector of floats).
//
// Everything lives in a namespace named by the instruction set it is compiled for, so that the linker never
// mixes two of them. What is computed with these types is elsewhere (decode_step.h, train/fused_lanes.h).
#pragma once

#include <cmath>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "model/portable.h"

#ifndef CARRYSCOPE_ISA
#define CARRYSCOPE_ISA portable
#endif

namespace carryscope::model::CARRYSCOPE_ISA {

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

// Several vectors that are worked on together: what one waits for, another has ready, and a number that is
// spread over the lanes is spread once.
template <class V, int N>
struct Group {
  V part[N];

  template <class Operation>
  CARRYSCOPE_BOTH static Group each(const Operation& operation) {
    Group result;
    for (int i = 0; i < N; ++i) result.part[i] = operation(i);
    return result;
  }
  friend Group operator+(const Group& x, const Group& y) {
    return each([&](int i) { return x.part[i] + y.part[i]; });
  }
  friend Group operator-(const Group& x, const Group& y) {
    return each([&](int i) { return x.part[i] - y.part[i]; });
  }
  friend Group operator*(const Group& x, const Group& y) {
    return each([&](int i) { return x.part[i] * y.part[i]; });
  }
  friend Group operator/(const Group& x, const Group& y) {
    return each([&](int i) { return x.part[i] / y.part[i]; });
  }
  friend Group operator-(const Group& x) {
    return each([&](int i) { return -x.part[i]; });
  }
};

template <class L>
inline constexpr int kLanes = static_cast<int>(sizeof(L) / sizeof(float));

template <class L>
struct Grouped {
  static constexpr bool kGroup = false;
};
template <class V, int N>
struct Grouped<Group<V, N>> {
  using Part = V;
  static constexpr bool kGroup = true;
  static constexpr int kParts = N;
};

template <class L>
CARRYSCOPE_BOTH inline L splat(float x) {
  if constexpr (Grouped<L>::kGroup)
    return L::each([&](int) { return splat<typename Grouped<L>::Part>(x); });
  else
    return x - L{};  // 0 + x would be an addition: it has another sign where x = -0
}

template <class L>
CARRYSCOPE_BOTH inline float lane(const L& x, int i) {
  if constexpr (kLanes<L> == 1)
    return x;
  else if constexpr (Grouped<L>::kGroup)
    return lane(x.part[i / kLanes<typename Grouped<L>::Part>], i % kLanes<typename Grouped<L>::Part>);
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
struct Anywhere {
  typedef L Type __attribute__((aligned(4), may_alias));
};

template <class L>
CARRYSCOPE_BOTH inline L load(const float* from) {
  return *reinterpret_cast<const typename Anywhere<L>::Type*>(from);
}

template <class L>
CARRYSCOPE_BOTH inline void store(float* to, const L& x) {
  *reinterpret_cast<typename Anywhere<L>::Type*>(to) = x;
}

// x > y ? then : otherwise, in each lane.
template <class L>
CARRYSCOPE_BOTH inline L where_greater(const L& x, const L& y, const L& then, const L& otherwise) {
  if constexpr (Grouped<L>::kGroup)
    return L::each(
        [&](int i) { return where_greater(x.part[i], y.part[i], then.part[i], otherwise.part[i]); });
  else
    return x > y ? then : otherwise;
}

#if defined(__AVX512F__)
inline constexpr __mmask16 kAll16 = 0xffff;  // GCC 12 warns of its own header where there is no mask
#endif

template <class L>
CARRYSCOPE_BOTH inline L larger(const L& x, const L& y) {
#if defined(__AVX2__)
  if constexpr (kLanes<L> == 8 && !Grouped<L>::kGroup) return L(_mm256_max_ps(__m256(x), __m256(y)));
#endif
#if defined(__AVX512F__)
  if constexpr (kLanes<L> == 16 && !Grouped<L>::kGroup)
    return L(_mm512_maskz_max_ps(kAll16, __m512(x), __m512(y)));
#endif
  if constexpr (Grouped<L>::kGroup)
    return L::each([&](int i) { return larger(x.part[i], y.part[i]); });
  else
    return x > y ? x : y;
}

template <class L>
CARRYSCOPE_BOTH inline L smaller(const L& x, const L& y) {
#if defined(__AVX2__)
  if constexpr (kLanes<L> == 8 && !Grouped<L>::kGroup) return L(_mm256_min_ps(__m256(x), __m256(y)));
#endif
#if defined(__AVX512F__)
  if constexpr (kLanes<L> == 16 && !Grouped<L>::kGroup)
    return L(_mm512_maskz_min_ps(kAll16, __m512(x), __m512(y)));
#endif
  if constexpr (Grouped<L>::kGroup)
    return L::each([&](int i) { return smaller(x.part[i], y.part[i]); });
  else
    return x < y ? x : y;
}

// 2^k for integral -126 <= k <= 127.
template <class L>
CARRYSCOPE_BOTH inline L power_of_two(const L& k) {
  if constexpr (Grouped<L>::kGroup) {
    return L::each([&](int i) { return power_of_two(k.part[i]); });
  } else {
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
}

// x y + z, rounded once.
template <class L>
CARRYSCOPE_BOTH inline L multiply_add(const L& x, const L& y, const L& z) {
  if constexpr (Grouped<L>::kGroup) {
    return L::each([&](int i) { return multiply_add(x.part[i], y.part[i], z.part[i]); });
  } else {
#if defined(__FMA__)
    if constexpr (kLanes<L> == 8) return L(_mm256_fmadd_ps(__m256(x), __m256(y), __m256(z)));
#endif
#if defined(__AVX512F__)
    if constexpr (kLanes<L> == 16) return L(_mm512_fmadd_ps(__m512(x), __m512(y), __m512(z)));
#endif
    L sum;
    for (int i = 0; i < kLanes<L>; ++i) set_lane(sum, i, std::fma(lane(x, i), lane(y, i), lane(z, i)));
    return sum;
  }
}

template <class L>
CARRYSCOPE_BOTH inline L root(const L& x) {
  if constexpr (Grouped<L>::kGroup) {
    return L::each([&](int i) { return root(x.part[i]); });
  } else {
#if defined(__AVX2__)
    if constexpr (kLanes<L> == 8) return L(_mm256_sqrt_ps(__m256(x)));
#endif
#if defined(__AVX512F__)
    if constexpr (kLanes<L> == 16) return L(_mm512_maskz_sqrt_ps(kAll16, __m512(x)));
#endif
    L y;
    for (int i = 0; i < kLanes<L>; ++i) set_lane(y, i, std::sqrt(lane(x, i)));
    return y;
  }
}

// table[the four low bits of index] in each lane; sixteen entries can be read.
template <class L>
CARRYSCOPE_BOTH inline L choose(const float* table, const typename LanesOf<kLanes<L>>::Integer& index) {
  if constexpr (kLanes<L> == 1) {
    return table[index & 15];
  } else {
#if __has_builtin(__builtin_shuffle)
    if constexpr (kLanes<L> == 16) return __builtin_shuffle(load<L>(table), index);
    if constexpr (kLanes<L> == 8) return __builtin_shuffle(load<L>(table), load<L>(table + 8), index);
#endif
    L x;
    for (int i = 0; i < kLanes<L>; ++i) set_lane(x, i, table[index[i] & 15]);
    return x;
  }
}

// table[number] in each lane, of sixteen entries.
template <class L>
CARRYSCOPE_BOTH inline L look_up(const float* table, const std::uint8_t* number) {
  if constexpr (kLanes<L> == 1) {
    return table[*number];
  } else if constexpr (Grouped<L>::kGroup) {
    using Part = typename Grouped<L>::Part;
    return L::each([&](int i) { return look_up<Part>(table, number + i * kLanes<Part>); });
  } else {
    typedef std::uint8_t Bytes __attribute__((vector_size(kLanes<L>)));
    Bytes bytes;
    __builtin_memcpy(&bytes, number, sizeof bytes);
    return choose<L>(table, __builtin_convertvector(bytes, typename LanesOf<kLanes<L>>::Integer));
  }
}

// Whole numbers below 256, one byte a lane.
template <class L>
CARRYSCOPE_BOTH inline void store_bytes(std::uint8_t* to, const L& x) {
  if constexpr (kLanes<L> == 1) {
    *to = static_cast<std::uint8_t>(x);
  } else if constexpr (Grouped<L>::kGroup) {
    using Part = typename Grouped<L>::Part;
    for (int i = 0; i < Grouped<L>::kParts; ++i) store_bytes<Part>(to + i * kLanes<Part>, x.part[i]);
  } else {
    using Integer = typename LanesOf<kLanes<L>>::Integer;
    typedef std::uint8_t Bytes __attribute__((vector_size(kLanes<L>)));
    const Bytes bytes = __builtin_convertvector(__builtin_convertvector(x, Integer), Bytes);
    __builtin_memcpy(to, &bytes, sizeof bytes);
  }
}

}  // namespace carryscope::model::CARRYSCOPE_ISA
