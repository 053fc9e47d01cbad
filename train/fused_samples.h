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
    for (int b = 0; b < shape.batch; ++b) ++next[symbol[b * (kMaxPositions + 1)] + 1];
    for (int s = 0; s < kSymbols; ++s) next[s + 1] += next[s];
    for (int s = 0; s <= kSymbols; ++s) first[s] = next[s];
    for (int b = 0; b < shape.batch; ++b) order[next[symbol[b * (kMaxPositions + 1)]]++] = b;
  }
}

// sums = the sum over the positions read of the rows e (v, 1) that one sample's symbols choose. Two
// running sums, since one addition must wait for the one before.
template <class R>
CARRYSCOPE_BOTH inline void look_up(const float* rows, const std::uint8_t* symbols, int positions,
                                    float* sums) {
  R even[kRow / kLanes<R>] = {}, odd[kRow / kLanes<R>] = {};
  int p = 0;
  for (; p + 1 < positions; p += 2) {
    const float* const one = rows + (p * kSymbols + symbols[p]) * kRow;
    const float* const two = rows + ((p + 1) * kSymbols + symbols[p + 1]) * kRow;
    for (int c = 0; c < kRow / kLanes<R>; ++c) {
      even[c] += load<R>(one + c * kLanes<R>);
      odd[c] += load<R>(two + c * kLanes<R>);
    }
  }
  for (; p < positions; ++p)
    for (int c = 0; c < kRow / kLanes<R>; ++c)
      even[c] += load<R>(rows + (p * kSymbols + symbols[p]) * kRow + c * kLanes<R>);
  for (int c = 0; c < kRow / kLanes<R>; ++c) store(sums + c * kLanes<R>, even[c] + odd[c]);
}

// Lane i of x is component c of the i-th of kLanes rows, and back.
template <class L>
CARRYSCOPE_BOTH inline void columns_of(const float* rows, int count, L* columns) {
  for (int c = 0; c < count; ++c)
    for (int i = 0; i < kLanes<L>; ++i) set_lane(columns[c], i, rows[i * kRow + c]);
}
template <class L>
CARRYSCOPE_BOTH inline void rows_of(const L& column, int c, int lanes, float* rows) {
  for (int i = 0; i < lanes; ++i) rows[i * kRow + c] = lane(column, i);
}

// The samples order[at], order[at + 1], ... of a step, one a lane; the last group may have idle lanes,
// which repeat its last sample with no share in the loss.
template <class L, class R, int D, int F>
CARRYSCOPE_BOTH inline void run_group(const Job& job, int step, int at) {
  const FusedShape& shape = job.shape;
  const FusedWorkspace& w = job.work;
  const int position = shape.query_position(step), padded = job.padded_states();
  const int stride = job.threads * kLanes<L>, left = shape.batch - at;
  const int busy = left < kLanes<L> ? left : kLanes<L>;
  float sums[kLanes<L> * kRow], embeddings[kLanes<L> * kRow];
  L target = L{}, share = L{};
  for (int i = 0; i < kLanes<L>; ++i) {
    const int sample = w.order[step * shape.batch + at + (i < busy ? i : busy - 1)];
    const std::uint8_t* const symbols = w.symbols + sample * (kMaxPositions + 1);
    look_up<R>(w.weighted + symbols[position] * padded * kRow, symbols, position + 1, sums + i * kRow);
    const float* const x = w.embedding + (position * kSymbols + symbols[position]) * kRow;
    for (int c = 0; c < D; ++c) embeddings[i * kRow + c] = x[c];
    set_lane(target, i, static_cast<float>(token_of(shape, position + 1, symbols[position + 1])));
    set_lane(share, i, i < busy ? job.step.share[step] / static_cast<float>(shape.batch) : 0.0F);
  }
  TailSample<L, D, F> sample;
  L logits[kVocabulary], row[kRow], residual[D], mean[D], weight;
  columns_of<L>(sums, kRow, row);
  for (int c = 0; c < D; ++c) sample.mean[c] = row[c];
  sample.weight = row[kWeightAt];
  columns_of<L>(embeddings, D, sample.residual);

  const float* const tail = w.dense + shape.tail();
  float* const own_sums = w.tail_gradient + job.thread * kLanes<L>;
  float* const loss = w.loss + job.thread * kLanes<L>;
  tail_forward<L, D, F>(tail, shape, sample, logits);
  store(loss, load<L>(loss) + cross_entropy<L, D, F>(logits, target, share, sample));
  tail_backward<L, D, F>(tail, shape, sample, own_sums, stride, mean, weight, residual);
  float *const means = w.mean_gradient + at * kRow, *const residuals = w.residual_gradient + at * kRow;
  for (int c = 0; c < D; ++c) {
    rows_of(mean[c], c, busy, means);
    rows_of(residual[c], c, busy, residuals);
  }
  for (int c = D; c < kWeightAt; ++c) rows_of(L{}, c, busy, means);
  rows_of(weight, kWeightAt, busy, means);
}

template <class L, class R, int D, int F>
CARRYSCOPE_BOTH inline void run_samples(const Job& job, int step) {
  for (int at = job.thread * kLanes<L>; at < job.shape.batch; at += job.threads * kLanes<L>)
    run_group<L, R, D, F>(job, step, at);
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
