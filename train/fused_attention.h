// One step's attention: the exponentials of each query state, times (value, 1), and for every sample the sums
// of those that its symbols choose.
//
// A processor makes and reads one query symbol's part of the table before the next one's, so that it stays in
// the nearest cache; samples come in the order of that symbol.
//
// The table has one of two forms. By rows, a sample adds up the rows of its states, all components at once.
// By columns, sixteen samples of one query symbol add up one component: which of a position's ten entries
// each takes is one instruction where a vector holds sixteen numbers. The additions are the same ones in the
// same order.
#pragma once

#include "train/fused_tables.h"

namespace carryscope::train::CARRYSCOPE_ISA {

template <class L>
inline constexpr bool kByColumns = kLanes<L> == 16;

// Query symbols from <= q < to.
struct Queries {
  int from, to;
};

// So many query symbols' parts of the table are there at once. A GPU has threads for all.
template <class L>
inline constexpr int kAtOnce = kLanes<L> == 1 ? kSymbols : 1;

// The columns in use: the width's, then the weight's.
template <int D>
CARRYSCOPE_BOTH constexpr int column(int c) {
  return c < D ? c : kWeightAt;
}

// One query state's e times (value, 1), for the `used` first key states, in the form that L reads.
template <class L, class R, int D>
CARRYSCOPE_BOTH inline void weigh(const FusedWorkspace& w, const float* e, int used, int padded, float* to) {
  if constexpr (kByColumns<L>) {
    for (int k = 0; k < used; k += kLanes<R>) {
      for (int c = 0; c < D; ++c)
        store(to + c * padded + k, load<R>(w.value_columns + c * padded + k) * load<R>(e + k));
      store(to + kWeightAt * padded + k, load<R>(e + k));
    }
  } else {
    for (int k = 0; k < used; ++k)
      for (int c = 0; c < kRow; c += kLanes<R>)
        store(to + k * kRow + c, load<R>(w.value + k * kRow + c) * e[k]);
  }
}

inline constexpr float kFar = 3e38F;  // beyond every score

// One query state's exponentials, and its part of the table, `to`. They carry a common factor, chosen
// between the row's extremes so that neither a sample's sum vanishes nor one overflows unless scores lie
// more than 120 apart. A last vector may take in keys that no sample of the step reads.
template <class L, class R, int D>
CARRYSCOPE_BOTH inline void make_row(const Job& job, int position, int symbol, float* to) {
  const FusedWorkspace w = job.work;
  const int padded = job.shape.padded_states(), used = (position + 1) * kSymbols;
  const float* const query = w.query + (position * kSymbols + symbol) * kRow;
  float* const scores = w.scores + symbol * padded;
  R lows = splat<R>(kFar), highs = splat<R>(-kFar);
  for (int k = 0; k < used; k += kLanes<R>) {
    R sum = R{};
    for (int i = 0; i < D; ++i) sum += load<R>(w.key_columns + i * padded + k) * query[i];
    store(scores + k, sum);
    lows = smaller(lows, sum), highs = larger(highs, sum);
  }
  float low = lane(lows, 0), high = lane(highs, 0);
  for (int i = 1; i < kLanes<R>; ++i) {
    low = smaller(low, lane(lows, i));
    high = larger(high, lane(highs, i));
  }
  const float half = (high - low) * 0.5F, shift = high - (half < 60.0F ? half : 60.0F);
  for (int k = 0; k < used; k += kLanes<R>) store(scores + k, exp<R>(load<R>(scores + k) - shift));
  weigh<L, R, D>(w, scores, used, padded, to);
}

CARRYSCOPE_BOTH inline float* part_of(const Job& job, Queries queries, int symbol) {
  return job.work.weighted + (symbol - queries.from) * job.shape.padded_states() * kRow;
}

template <class L, class R, int D>
CARRYSCOPE_BOTH inline void make_rows(const Job& job, int step, Queries queries) {
  for (int q = queries.from + job.thread; q < queries.to; q += job.threads)
    make_row<L, R, D>(job, job.shape.query_position(step), q, part_of(job, queries, q));
}

// Samples in the places begin <= i < end of a step's order.
struct Places {
  int begin, end;
};

// Those of one query symbol. Idle places belong to the last one.
CARRYSCOPE_BOTH inline Places places_of(const Job& job, int step, int query) {
  const std::int32_t* const first = job.work.first + step * (kSymbols + 1) + query;
  const bool last = query + 1 == job.shape.query_symbols(step);
  return {first[0], last ? job.shape.padded_batch() : first[1]};
}

// sums[i] = the sum over the positions read of the rows that sample i of N chooses. Several samples, since
// one addition must wait for the one before.
template <class R, int N>
CARRYSCOPE_BOTH inline void look_up(const float* rows, const std::uint8_t* const (&chosen)[N], int positions,
                                    float* sums) {
  for (int c = 0; c < kRow; c += kLanes<R>) {
    R sum[N] = {};
    const float* place = rows + c;
#pragma GCC unroll 4
    for (int p = 0; p < positions; ++p, place += kSymbols * kRow)
      for (int i = 0; i < N; ++i) sum[i] += load<R>(place + std::size_t{chosen[i][p]});
    for (int i = 0; i < N; ++i) store(sums + i * kRow + c, sum[i]);
  }
}

template <class R, int N>
CARRYSCOPE_BOTH inline void look_up_rows(const Job& job, int step, const float* rows, int at) {
  const std::int32_t* const order = job.work.order + step * job.shape.padded_batch() + at;
  const std::uint8_t* chosen[N];
  for (int i = 0; i < N; ++i) chosen[i] = job.work.chosen + order[i] * kSlots;
  look_up<R, N>(rows, chosen, job.shape.query_position(step) + 1, job.work.sums + at * kRow);
}

template <class L>
using Integers = typename LanesOf<kLanes<L>>::Integer;

// The symbols of a step's samples from `position` on, the next one in higher bits.
template <class L>
CARRYSCOPE_BOTH inline Integers<L> symbols_from(const Job& job, const std::int32_t* order, int position) {
  const std::int32_t* const words = job.work.packed + position / kPacked * job.shape.batch;
  std::int32_t found[kLanes<L>];
  for (int i = 0; i < kLanes<L>; ++i) found[i] = words[order[i]];
  Integers<L> word;
  __builtin_memcpy(&word, found, sizeof word);
  return word >> position % kPacked * 4;
}

template <class L, int D>
CARRYSCOPE_BOTH inline void add(const float* columns, int padded, const Integers<L>& symbols, L* sums) {
  for (int c = 0; c <= D; ++c) sums[c] += choose<L>(columns + column<D>(c) * padded, symbols);
}

// Of the samples in the places at, at + 1, ..., those in `places` have the query symbol whose columns these
// are.
template <class L, int D>
CARRYSCOPE_BOTH inline void look_up_columns(const Job& job, int step, const float* columns, Places places,
                                            int at) {
  const int padded = job.shape.padded_states(), positions = job.shape.query_position(step) + 1;
  const std::int32_t* const order = job.work.order + step * job.shape.padded_batch() + at;
  L even[D + 1] = {}, odd[D + 1] = {};
  for (int from = 0; from < positions; from += kPacked) {
    Integers<L> symbols = symbols_from<L>(job, order, from);
    const int count = positions - from < kPacked ? positions - from : kPacked;
    const float* place = columns + from * kSymbols;
    for (int i = 0; i + 1 < count; i += 2, place += 2 * kSymbols, symbols = symbols >> 8) {
      add<L, D>(place, padded, symbols, even);
      add<L, D>(place + kSymbols, padded, symbols >> 4, odd);
    }
    if (count % 2 != 0) add<L, D>(place, padded, symbols, even);
  }
  Integers<L> number;
  for (int i = 0; i < kLanes<L>; ++i) number[i] = at + i;
  const auto inside = (number >= places.begin) & (number < places.end);
  for (int c = 0; c <= D; ++c) {
    float* const to = job.work.sums + column<D>(c) * job.shape.padded_batch() + at;
    store(to, inside ? L(even[c] + odd[c]) : load<L>(to));
  }
}

// The sums of samples that all have the query symbol whose part of the table is given.
template <class L, class R, int D>
CARRYSCOPE_BOTH inline void look_up(const Job& job, int step, const float* part, Places places) {
  constexpr int kTogether = kLanes<L> < 4 ? kLanes<L> : 4;
  if constexpr (kByColumns<L>) {
    for (int at = places.begin / kLanes<L> * kLanes<L>; at < places.end; at += kLanes<L>)
      look_up_columns<L, D>(job, step, part, places, at);
  } else {
    int at = places.begin;
    for (; at + kTogether <= places.end; at += kTogether) look_up_rows<R, kTogether>(job, step, part, at);
    for (; at < places.end; ++at) look_up_rows<R, 1>(job, step, part, at);
  }
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
