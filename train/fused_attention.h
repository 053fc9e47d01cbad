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

// sums = the sum over the positions read of the rows that one sample chooses. Two running sums, since one
// addition must wait for the one before.
template <class R>
CARRYSCOPE_BOTH inline void look_up(const float* rows, const std::uint16_t* chosen, int positions,
                                    float* sums) {
  for (int c = 0; c < kRow; c += kLanes<R>) {
    R even = R{}, odd = R{};
    int p = 0;
#pragma GCC unroll 4
    for (; p + 1 < positions; p += 2) {
      even += load<R>(rows + chosen[p] + c);
      odd += load<R>(rows + chosen[p + 1] + c);
    }
    if (p < positions) even += load<R>(rows + chosen[p] + c);
    store(sums + c, even + odd);
  }
}

// The samples in the places at, at + 1, ... of a step's order, one a lane. An idle lane repeats the last
// sample with no share in the loss.
template <class L>
struct Group {
  int sample[kLanes<L>];
  L sums[kRow];       // of e (v, 1)
  L embedding[kRow];  // of the query state
  L target, share;    // target: its token
};

template <class L>
CARRYSCOPE_BOTH inline void choose_samples(const Job& job, int step, int at, Group<L>& group) {
  const int batch = job.shape.batch, busy = batch - at < kLanes<L> ? batch - at : kLanes<L>;
  const std::int32_t* const order = job.work.order + step * batch + at;
  for (int i = 0; i < kLanes<L>; ++i) group.sample[i] = order[i < busy ? i : busy - 1];
  group.share = splat<L>(job.step.share[step] / static_cast<float>(batch));
  for (int i = busy; i < kLanes<L>; ++i) set_lane(group.share, i, 0);
}

template <class L, class R, int D>
CARRYSCOPE_BOTH inline void look_up_rows(const Job& job, int step, Group<L>& group) {
  const FusedWorkspace& w = job.work;
  const int position = job.shape.query_position(step), padded = job.shape.padded_states();
  L target = L{};
  float sums[kLanes<L>][kRow];
  const float *sum[kLanes<L>], *embedding[kLanes<L>];
  for (int i = 0; i < kLanes<L>; ++i) {
    const std::uint8_t* const symbol = w.symbols + group.sample[i] * kSlots + position;
    look_up<R>(w.weighted + symbol[0] * padded * kRow, w.chosen + group.sample[i] * kSlots, position + 1,
               sums[i]);
    sum[i] = sums[i];
    embedding[i] = w.embedding + (position * kSymbols + symbol[0]) * kRow;
    set_lane(target, i, static_cast<float>(token_of(job.shape, position + 1, symbol[1])));
  }
  to_columns<L>(sum, kRow, group.sums);
  to_columns<L>(embedding, D, group.embedding);
  group.target = target;
}

template <class L>
using Integers = typename LanesOf<kLanes<L>>::Integer;

// The symbols of the samples from `position` on, the next one in higher bits.
template <class L>
CARRYSCOPE_BOTH inline Integers<L> symbols_from(const Job& job, const Group<L>& group, int position) {
  const std::int32_t* const words = job.work.packed + position / kPacked * job.shape.batch;
  std::int32_t found[kLanes<L>];
  for (int i = 0; i < kLanes<L>; ++i) found[i] = words[group.sample[i]];
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
CARRYSCOPE_BOTH inline void look_up(const Job& job, const Group<L>& group, const float* columns,
                                    int positions, L* sums) {
  const int padded = job.shape.padded_states();
  L even[D + 1] = {}, odd[D + 1] = {};
  for (int from = 0; from < positions; from += kPacked) {
    Integers<L> symbols = symbols_from<L>(job, group, from);
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
CARRYSCOPE_BOTH inline void look_up_columns(const Job& job, int step, Group<L>& group) {
  const FusedShape& shape = job.shape;
  const FusedWorkspace& w = job.work;
  const int position = shape.query_position(step), padded = shape.padded_states();
  const Integers<L> queries = symbols_from<L>(job, group, position) & 15;
  for (int q = queries[0]; q <= queries[kLanes<L> - 1]; ++q) {
    const auto asks = queries == q;
    const float* const embedding = w.embedding + (position * kSymbols + q) * kRow;
    L sums[D + 1];
    look_up<L, D>(job, group, w.weighted + q * padded * kRow, position + 1, sums);
    for (int c = 0; c <= D; ++c) group.sums[column<D>(c)] = asks ? sums[c] : group.sums[column<D>(c)];
    for (int c = 0; c < D; ++c) group.embedding[c] = asks ? splat<L>(embedding[c]) : group.embedding[c];
  }
  const int fixed = shape.fixed_token[position + 1];
  const Integers<L> next = symbols_from<L>(job, group, position + 1) & 15;
  group.target = fixed < 0 ? __builtin_convertvector(next, L) : splat<L>(static_cast<float>(fixed));
}

template <class L, class R, int D>
CARRYSCOPE_BOTH inline void look_up(const Job& job, int step, int at, Group<L>& group) {
  choose_samples(job, step, at, group);
  if constexpr (kByColumns<L>)
    look_up_columns<L, D>(job, step, group);
  else
    look_up_rows<L, R, D>(job, step, group);
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
