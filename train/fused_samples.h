// The samples of one step: take what the table holds for them, run the tail both ways, leave what the table
// is worth.
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
  const std::uint8_t* const queries = job.work.chosen + job.shape.query_position(0);
  std::int32_t *const first = job.work.first, *const order = job.work.order;
  for (int step = thread; step < steps; step += threads)
    for (int s = 0; s < kCounters; ++s) first[step * kCounters + s] = 0;
  for (int b = 0; b < batch; ++b)
    for (int step = thread; step < steps; step += threads)
      ++first[step * kCounters + queries[b * kSlots + step] / kRow];
  for (int step = thread; step < steps; step += threads)
    for (int s = 0; s < kSymbols; ++s) first[step * kCounters + s + 1] += first[step * kCounters + s];
  for (int b = batch - 1; b >= 0; --b)
    for (int step = thread; step < steps; step += threads)
      order[step * padded + --first[step * kCounters + queries[b * kSlots + step] / kRow]] = b;
  for (int step = thread; step < steps; step += threads)
    for (int i = batch; i < padded; ++i) order[step * padded + i] = order[step * padded + batch - 1];
}

// Four bits for each symbol, as the look-up by columns takes them.
CARRYSCOPE_BOTH inline void pack_samples(const Job& job) {
  for (int i = job.thread; i < kWords * job.shape.batch; i += job.threads) {
    const std::uint8_t* const chosen =
        job.work.chosen + i % job.shape.batch * kSlots + i / job.shape.batch * kPacked;
    std::uint32_t word = 0;
    for (int p = 0; p < kPacked; ++p) word |= std::uint32_t{chosen[p]} / kRow << 4 * p;
    job.work.packed[i] = static_cast<std::int32_t>(word);
  }
}

// What else the samples of one query symbol have: the query state's embedding, the token to come, its share.
template <int D>
CARRYSCOPE_BOTH inline void line_up(const Job& job, int step, int query, Places places) {
  const FusedShape& shape = job.shape;
  const FusedWorkspace w = job.work;
  const int own = shape.query_position(step), padded = shape.padded_batch(), batch = shape.batch;
  const float* const embedding = w.embedding + (own * kSymbols + query) * kRow;
  for (int c = 0; c < D; ++c)
    for (int i = places.begin; i < places.end; ++i) w.residual[c * padded + i] = embedding[c];
  const float share = job.step.share[step] / static_cast<float>(batch);
  const int fixed = shape.fixed_token[own + 1];
  const std::int32_t* const order = w.order + step * padded;
  for (int i = places.begin; i < places.end; ++i) {
    const int symbol = w.chosen[order[i] * kSlots + own + 1] / kRow;
    w.target[i] = static_cast<float>(fixed < 0 ? symbol : fixed);
    w.share[i] = i < batch ? share : 0;
  }
}

// The way to the tail of all samples of the query symbols, to which the threads are dealt out.
template <class L, class R, int D>
CARRYSCOPE_BOTH inline void take_samples(const Job& job, int step, Queries queries) {
  const int count = queries.to - queries.from, teams = count < job.threads ? count : job.threads;
  const int team = job.thread % teams, member = job.thread / teams,
            members = (job.threads - team + teams - 1) / teams;
  for (int q = queries.from + team; q < queries.to; q += teams) {
    const Places all = places_of(job, step, q);
    const int part = (all.end - all.begin + members - 1) / members, begin = all.begin + member * part;
    const Places own{begin, begin + part < all.end ? begin + part : all.end};
    line_up<D>(job, step, q, own);
    look_up<L, R, D>(job, step, part_of(job, queries, q), own);
  }
}

// So many groups of samples go through the tail together, in the nearest cache. A GPU's thread has none to
// itself.
template <class L>
inline constexpr int kBlock = kLanes<L> == 1 ? 1 : kMaxBlock;

template <class L, int D, int F>
CARRYSCOPE_BOTH inline void read(const Job& job, int at, TailSample<L, D, F>& sample) {
  const FusedWorkspace w = job.work;
  const int padded = job.shape.padded_batch();
  L sums[kRow];
  if constexpr (kByColumns<L>)
    for (int c = 0; c <= D; ++c) sums[column<D>(c)] = load<L>(w.sums + column<D>(c) * padded + at);
  else
    columns_of<L>(w.sums + at * kRow, sums);
  for (int c = 0; c < D; ++c) {
    sample.mean[c] = sums[c];
    sample.residual[c] = load<L>(w.residual + c * padded + at);
  }
  sample.weight = sums[kWeightAt];
  sample.target = load<L>(w.target + at), sample.share = load<L>(w.share + at);
}

// What the tables are worth: the gradients of the sums of e v and of e, and of the query state's embedding.
template <class L, int D, int F>
CARRYSCOPE_BOTH inline void leave(const Job& job, int at, const TailSample<L, D, F>& sample) {
  const FusedWorkspace w = job.work;
  L row[kRow] = {};
  for (int c = 0; c < D; ++c) {
    row[c] = sample.to_mean[c] * sample.weight;
    row[kWeightAt] -= row[c] * sample.mean[c];
    store(w.residual_gradient + c * job.shape.padded_batch() + at, sample.to_residual[c]);
  }
  to_rows<L>(row, w.mean_gradient + at * kRow);
}

template <class L, int D, int F>
CARRYSCOPE_BOTH inline void run_samples(const Job& job) {
  const float* const tail = job.work.dense + job.shape.tail();
  const int accumulator = job.thread * kLanes<L>, accumulators = job.threads * kLanes<L>;
  float* const loss = job.work.loss + accumulator;
  for (int at = accumulator * kBlock<L>; at < job.shape.batch; at += accumulators * kBlock<L>) {
    TailSample<L, D, F> samples[kBlock<L>];
    for (int i = 0; i < kBlock<L>; ++i) read(job, at + i * kLanes<L>, samples[i]);
    store(loss, load<L>(loss) + tail_forward(tail, job.shape, samples));
    tail_backward(tail, job.shape, samples, job.work.tail_gradient + accumulator, accumulators);
    for (int i = 0; i < kBlock<L>; ++i) leave(job, at + i * kLanes<L>, samples[i]);
  }
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
