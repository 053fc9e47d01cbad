// The samples of one step: run the tail both ways, leave what the tables are worth. Samples come in the order
// of their query symbol, so that its part of the table stays in the nearest cache.
#pragma once

#include "train/fused_attention.h"
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

template <class L, class R, int D, int F>
CARRYSCOPE_BOTH inline void run_group(const Job& job, int step, int at) {
  const FusedWorkspace& w = job.work;
  Group<L> group;
  look_up<L, R, D>(job, step, at, group);
  TailSample<L, D, F> sample;
  L logits[kVocabulary], row[kRow] = {}, residual[kRow] = {};
  for (int c = 0; c < D; ++c) sample.mean[c] = group.sums[c], sample.residual[c] = group.embedding[c];
  sample.weight = group.sums[kWeightAt];

  const float* const tail = w.dense + job.shape.tail();
  float* const loss = w.loss + job.thread * kLanes<L>;
  tail_forward<L, D, F>(tail, job.shape, sample, logits);
  store(loss, load<L>(loss) + cross_entropy<L, D, F>(logits, group.target, group.share, sample));
  tail_backward<L, D, F>(tail, job.shape, sample, w.tail_gradient + job.thread * kLanes<L>,
                         job.threads * kLanes<L>, row, row[kWeightAt], residual);
  to_rows<L>(row, w.mean_gradient + at * kRow);
  to_rows<L>(residual, w.residual_gradient + at * kRow);
}

template <class L, class R, int D, int F>
CARRYSCOPE_BOTH inline void run_samples(const Job& job, int step) {
  for (int at = job.thread * kLanes<L>; at < job.shape.batch; at += job.threads * kLanes<L>)
    run_group<L, R, D, F>(job, step, at);
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
