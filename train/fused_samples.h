// The samples of one step: look up their rows, run the tail both ways, leave what the tables are worth.
// Samples come in the order of their query symbol, so that a row stays in the nearest cache.
#pragma once

#include "train/fused_tail.h"

namespace carryscope::train::CARRYSCOPE_ISA {

// Counting sort of the batch by the symbol at each step's query position.
CARRYSCOPE_BOTH inline void sort_samples(const Job& job) {
  const FusedShape& shape = job.shape;
  for (int step = job.thread; step < shape.steps; step += job.threads) {
    const std::uint8_t* const symbol = job.work.symbols + shape.query_position(step);
    std::int32_t* const first = job.work.first + step * (kSymbols + 1);
    std::int32_t* const order = job.work.order + step * shape.batch;
    std::int32_t next[kSymbols + 1] = {};
    for (int b = 0; b < shape.batch; ++b) ++next[symbol[b * kSlots] + 1];
    for (int s = 0; s < kSymbols; ++s) next[s + 1] += next[s];
    for (int s = 0; s <= kSymbols; ++s) first[s] = next[s];
    for (int b = 0; b < shape.batch; ++b) order[next[symbol[b * kSlots]]++] = b;
  }
}

// sums = the sum over the positions read of the rows e (v, 1) that one sample chooses. Two running sums,
// since one addition must wait for the one before.
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

// The samples order[at], order[at + 1], ... of a step, one a lane.
template <class L>
struct Group {
  float sums[kLanes<L>][kRow];  // of e (v, 1)
  const float *sum[kLanes<L>], *embedding[kLanes<L>];
  L target = L{}, share = L{};
  int busy;  // lanes in use; an idle one repeats the last sample with no share in the loss
};

template <class L, class R>
CARRYSCOPE_BOTH inline void look_up(const Job& job, int step, int at, Group<L>& group) {
  const FusedShape& shape = job.shape;
  const FusedWorkspace& w = job.work;
  const int position = shape.query_position(step), padded = shape.padded_states(), left = shape.batch - at;
  const float share = job.step.share[step] / static_cast<float>(shape.batch);
  group.busy = left < kLanes<L> ? left : kLanes<L>;
  group.share = splat<L>(share);
  for (int i = group.busy; i < kLanes<L>; ++i) set_lane(group.share, i, 0);
  for (int i = 0; i < kLanes<L>; ++i) {
    const int sample = w.order[step * shape.batch + at + (i < group.busy ? i : group.busy - 1)];
    const std::uint8_t* const symbols = w.symbols + sample * kSlots;
    look_up<R>(w.weighted + symbols[position] * padded * kRow, w.chosen + sample * kSlots, position + 1,
               group.sums[i]);
    group.sum[i] = group.sums[i];
    group.embedding[i] = w.embedding + (position * kSymbols + symbols[position]) * kRow;
    set_lane(group.target, i, static_cast<float>(token_of(shape, position + 1, symbols[position + 1])));
  }
}

template <class L, class R, int D, int F>
CARRYSCOPE_BOTH inline void run_group(const Job& job, int step, int at) {
  const FusedWorkspace& w = job.work;
  Group<L> group;
  look_up<L, R>(job, step, at, group);
  TailSample<L, D, F> sample;
  L logits[kVocabulary], row[kRow], residual[kRow] = {};
  to_columns<L>(group.sum, kRow, row);
  for (int c = 0; c < D; ++c) sample.mean[c] = row[c];
  sample.weight = row[kWeightAt];
  to_columns<L>(group.embedding, D, sample.residual);

  const float* const tail = w.dense + job.shape.tail();
  float* const loss = w.loss + job.thread * kLanes<L>;
  tail_forward<L, D, F>(tail, job.shape, sample, logits);
  store(loss, load<L>(loss) + cross_entropy<L, D, F>(logits, group.target, group.share, sample));
  tail_backward<L, D, F>(tail, job.shape, sample, w.tail_gradient + job.thread * kLanes<L>,
                         job.threads * kLanes<L>, row, row[kWeightAt], residual);
  for (int c = D; c < kWeightAt; ++c) row[c] = L{};
  to_rows<L>(row, w.mean_gradient + at * kRow);
  to_rows<L>(residual, w.residual_gradient + at * kRow);
}

template <class L, class R, int D, int F>
CARRYSCOPE_BOTH inline void run_samples(const Job& job, int step) {
  for (int at = job.thread * kLanes<L>; at < job.shape.batch; at += job.threads * kLanes<L>)
    run_group<L, R, D, F>(job, step, at);
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
