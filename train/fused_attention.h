// One step's attention: the exponentials of each query state, times (value, 1), and for every sample the sums
// of those that its symbols choose.
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

// One query state's exponentials, and its part of the table. They carry a common factor, chosen
// between the row's extremes so that neither a sample's sum vanishes nor one overflows unless scores lie
// more than 120 apart. A last vector may take in keys that no sample of the step reads.
template <class L, class R, int D>
CARRYSCOPE_BOTH inline void make_row(const Job& job, int position, int symbol) {
  const FusedWorkspace& w = job.work;
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
  weigh<L, R, D>(w, scores, used, padded, w.weighted + symbol * padded * kRow);
}

// The table of one step.
template <class L, class R, int D>
CARRYSCOPE_BOTH inline void make_rows(const Job& job, int step) {
  for (int symbol = job.thread; symbol < job.shape.query_symbols(step); symbol += job.threads)
    make_row<L, R, D>(job, job.shape.query_position(step), symbol);
}

// sums[i] = the sum over the positions read of the rows that sample i of N chooses. Several samples, since
// one addition must wait for the one before.
template <class R, int N>
CARRYSCOPE_BOTH inline void look_up(const float* const* rows, const std::uint8_t* chosen, int positions,
                                    float (*sums)[kRow]) {
  for (int c = 0; c < kRow; c += kLanes<R>) {
    R sum[N] = {};
    std::size_t place = c;
#pragma GCC unroll 4
    for (int p = 0; p < positions; ++p, place += kSymbols * kRow)
      for (int i = 0; i < N; ++i) sum[i] += load<R>(rows[i] + place + std::size_t{chosen[i * kSlots + p]});
    for (int i = 0; i < N; ++i) store(sums[i] + c, sum[i]);
  }
}

// What the samples in the places at, at + 1, ... of a step's order take from the tables, one a lane.
template <class L>
struct Group {
  L sums[kRow];       // of e (v, 1)
  L embedding[kRow];  // of the query state
};

template <class L, class R, int D>
CARRYSCOPE_BOTH inline void look_up_rows(const Job& job, int step, int at, Group<L>& group) {
  constexpr int kAtOnce = kLanes<L> < 4 ? kLanes<L> : 4;
  const FusedWorkspace& w = job.work;
  const int position = job.shape.query_position(step), padded = job.shape.padded_states();
  const std::uint8_t* const chosen = w.chosen + at * kSlots;
  const float *rows[kLanes<L>], *sum[kLanes<L>], *embedding[kLanes<L>];
  float sums[kLanes<L>][kRow];
  for (int i = 0; i < kLanes<L>; ++i) {
    const int query = chosen[i * kSlots + position] / kRow;
    rows[i] = w.weighted + query * padded * kRow;
    embedding[i] = w.embedding + (position * kSymbols + query) * kRow;
    sum[i] = sums[i];
  }
  for (int i = 0; i < kLanes<L>; i += kAtOnce)
    look_up<R, kAtOnce>(rows + i, chosen + i * kSlots, position + 1, sums + i);
  to_columns<L>(sum, kRow, group.sums);
  to_columns<L>(embedding, D, group.embedding);
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

// The sums of the samples as if they all had the query symbol whose columns these are.
template <class L, int D>
CARRYSCOPE_BOTH inline void look_up(const Job& job, const std::int32_t* order, const float* columns,
                                    int positions, L* sums) {
  const int padded = job.shape.padded_states();
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
  for (int c = 0; c <= D; ++c) sums[c] = even[c] + odd[c];
}

// The order has few changes of the query symbol, so most groups have one.
template <class L, int D>
CARRYSCOPE_BOTH inline void look_up_columns(const Job& job, int step, int at, Group<L>& group) {
  const FusedShape& shape = job.shape;
  const FusedWorkspace& w = job.work;
  const int position = shape.query_position(step), padded = shape.padded_states();
  const std::int32_t* const order = w.order + step * shape.padded_batch() + at;
  const Integers<L> queries = symbols_from<L>(job, order, position) & 15;
  for (int q = queries[0]; q <= queries[kLanes<L> - 1]; ++q) {
    const auto asks = queries == q;
    const float* const embedding = w.embedding + (position * kSymbols + q) * kRow;
    L sums[D + 1];
    look_up<L, D>(job, order, w.weighted + q * padded * kRow, position + 1, sums);
    for (int c = 0; c <= D; ++c) group.sums[column<D>(c)] = asks ? sums[c] : group.sums[column<D>(c)];
    for (int c = 0; c < D; ++c) group.embedding[c] = asks ? splat<L>(embedding[c]) : group.embedding[c];
  }
}

template <class L, class R, int D>
CARRYSCOPE_BOTH inline void look_up(const Job& job, int step, int at, Group<L>& group) {
  if constexpr (kByColumns<L>)
    look_up_columns<L, D>(job, step, at, group);
  else
    look_up_rows<L, R, D>(job, step, at, group);
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
