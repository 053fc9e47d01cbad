// The samples of one step: run the tail both ways, leave what the tables are worth. Samples come in the order
// of their query symbol, so that its part of the table stays in the nearest cache.
#pragma once

#include "train/fused_attention.h"
#include "train/fused_tail.h"

namespace carryscope::train::CARRYSCOPE_ISA {

// Counting sort of the batch by the symbol at each step's query position, all steps of a thread side by side:
// `first` counts, then holds where each symbol ends, and is counted down to where it starts.
CARRYSCOPE_BOTH inline void sort_samples(const Job& job) {
  constexpr int kCounters = kSymbols + 1;
  const int batch = job.shape.batch, padded = job.shape.padded_batch(), steps = job.shape.steps;
  const int thread = job.thread, threads = job.threads;
  const std::uint8_t* const queries = job.work.symbols + job.shape.query_position(0);
  std::int32_t *const first = job.work.first, *const order = job.work.order;
  for (int step = thread; step < steps; step += threads)
    for (int s = 0; s < kCounters; ++s) first[step * kCounters + s] = 0;
  for (int b = 0; b < batch; ++b)
    for (int step = thread; step < steps; step += threads)
      ++first[step * kCounters + queries[b * kSlots + step]];
  for (int step = thread; step < steps; step += threads)
    for (int s = 0; s < kSymbols; ++s) first[step * kCounters + s + 1] += first[step * kCounters + s];
  for (int b = batch - 1; b >= 0; --b)
    for (int step = thread; step < steps; step += threads)
      order[step * padded + --first[step * kCounters + queries[b * kSlots + step]]] = b;
  for (int step = thread; step < steps; step += threads)
    for (int i = batch; i < padded; ++i) order[step * padded + i] = order[step * padded + batch - 1];
}

// Four bits for each symbol, as the look-up by columns takes them.
CARRYSCOPE_BOTH inline void pack_samples(const Job& job) {
  for (int i = job.thread; i < kWords * job.shape.batch; i += job.threads) {
    const std::uint8_t* const symbols =
        job.work.symbols + i % job.shape.batch * kSlots + i / job.shape.batch * kPacked;
    std::uint32_t word = 0;
    for (int p = 0; p < kPacked; ++p) word |= std::uint32_t{symbols[p]} << 4 * p;
    job.work.packed[i] = static_cast<std::int32_t>(word);
  }
}

// One step's samples side by side.
CARRYSCOPE_BOTH inline void line_up(const Job& job, int step) {
  const FusedShape& shape = job.shape;
  const FusedWorkspace& w = job.work;
  const int next = shape.query_position(step) + 1, padded = shape.padded_batch();
  const float share = job.step.share[step] / static_cast<float>(shape.batch);
  for (int i = job.thread; i < padded; i += job.threads) {
    const std::uint8_t* const symbols = w.symbols + w.order[step * padded + i] * kSlots;
    std::uint8_t chosen[kSlots];
    for (int p = 0; p < kSlots; ++p) chosen[p] = static_cast<std::uint8_t>(symbols[p] * kRow);
    __builtin_memcpy(w.chosen + i * kSlots, chosen, kSlots);
    w.target[i] = static_cast<float>(token_of(shape, next, symbols[next]));
    w.share[i] = i < shape.batch ? share : 0;
  }
}

// So many groups of samples go through the tail together, in the nearest cache. A GPU's thread has none to
// itself.
template <class L>
inline constexpr int kBlock = kLanes<L> == 1 ? 1 : kMaxBlock;

template <class L, class R, int D, int F>
CARRYSCOPE_BOTH inline void look_up(const Job& job, int step, int at, TailSample<L, D, F>& sample) {
  Group<L> group{};
  look_up<L, R, D>(job, step, at, group);
  for (int c = 0; c < D; ++c) sample.mean[c] = group.sums[c], sample.residual[c] = group.embedding[c];
  sample.weight = group.sums[kWeightAt];
  sample.target = load<L>(job.work.target + at), sample.share = load<L>(job.work.share + at);
}

// What the tables are worth: the gradients of the sums of e v and of e, and of the query state's embedding.
template <class L, int D, int F>
CARRYSCOPE_BOTH inline void leave(const Job& job, int at, const TailSample<L, D, F>& sample) {
  const FusedWorkspace& w = job.work;
  L row[kRow] = {};
  for (int c = 0; c < D; ++c) {
    row[c] = sample.to_mean[c] * sample.weight;
    row[kWeightAt] -= row[c] * sample.mean[c];
    store(w.residual_gradient + c * job.shape.padded_batch() + at, sample.to_residual[c]);
  }
  to_rows<L>(row, w.mean_gradient + at * kRow);
}

template <class L, class R, int D, int F>
CARRYSCOPE_BOTH inline void run_samples(const Job& job, int step) {
  const float* const tail = job.work.dense + job.shape.tail();
  const int accumulator = job.thread * kLanes<L>, accumulators = job.threads * kLanes<L>;
  float* const loss = job.work.loss + accumulator;
  for (int at = accumulator * kBlock<L>; at < job.shape.batch; at += accumulators * kBlock<L>) {
    TailSample<L, D, F> samples[kBlock<L>];
    for (int i = 0; i < kBlock<L>; ++i) look_up<L, R, D>(job, step, at + i * kLanes<L>, samples[i]);
    store(loss, load<L>(loss) + tail_forward(tail, job.shape, samples));
    tail_backward(tail, job.shape, samples, job.work.tail_gradient + accumulator, accumulators);
    for (int i = 0; i < kBlock<L>; ++i) leave(job, at + i * kLanes<L>, samples[i]);
  }
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
