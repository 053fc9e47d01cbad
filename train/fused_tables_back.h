// The transposes of fused_tables.h: from what every sample leaves (fused_samples.h) to the gradient of
// one step's rows, of the states, of the dense weights, and through the products to the parameters.
#pragma once

#include "train/fused_attention.h"

namespace carryscope::train::CARRYSCOPE_ISA {

CARRYSCOPE_BOTH inline void clear(const Job& job, float* from, int count) {
  for (int i = job.thread; i < count; i += job.threads) from[i] = 0;
}

// One sample's (gradient of e v, of e) is added to the rows that it chooses, of the positions from `from` on.
template <class R>
CARRYSCOPE_BOTH inline void scatter(const std::uint8_t* chosen, const float* gradient, int from, int to,
                                    float* rows) {
  const R value = load<R>(gradient);
  rows += from * kSymbols * kRow;
#pragma GCC unroll 4
  for (int p = from; p < to; ++p, rows += kSymbols * kRow) {
    float* const row = rows + std::size_t{chosen[p]};
    store(row, load<R>(row) + value);
  }
}

CARRYSCOPE_BOTH inline float* gradient_of(const Job& job, Queries queries, int symbol) {
  return job.work.weighted_gradient + (symbol - queries.from) * job.shape.padded_states() * kRow;
}

// Sums over samples: of (gradient of e v, of e) by query symbol and key state, where each thread has its
// share of the positions, and of the embedding's gradient by query symbol. The rows are zero before.
template <class R, int D>
CARRYSCOPE_BOTH inline void gather_rows(const Job& job, int step, Queries queries) {
  const FusedShape& shape = job.shape;
  const FusedWorkspace w = job.work;
  const int own = shape.query_position(step);
  const int part = (own + job.threads) / job.threads, from = job.thread * part,
            to = from + part < own + 1 ? from + part : own + 1;
  const std::int32_t* const first = w.first + step * (kSymbols + 1);
  const std::int32_t* const order = w.order + step * shape.padded_batch();
  for (int q = queries.from; q < queries.to; ++q) {
    float* const rows = gradient_of(job, queries, q);
    for (int i = first[q]; i < first[q + 1]; ++i)
      for (int c = 0; c < kRow; c += kLanes<R>)
        scatter<R>(w.chosen + order[i] * kSlots, w.mean_gradient + i * kRow + c, from, to, rows + c);
  }
  for (int q = queries.from + job.thread; q < queries.to; q += job.threads) {
    float sum[D] = {};
    for (int i = first[q]; i < first[q + 1]; ++i)
      for (int c = 0; c < D; ++c) sum[c] += w.residual_gradient[c * shape.padded_batch() + i];
    for (int c = 0; c < D; ++c) w.embedding_gradient[(own * kSymbols + q) * kRow + c] = sum[c];
  }
}

// For each key state, side by side: d(value) += e A, d(score) = e A.(v, 1). Leaves zero rows.
template <class R, int D>
CARRYSCOPE_BOTH inline void value_side(const Job& job, int step, Queries queries) {
  const FusedWorkspace w = job.work;
  const int states = (job.shape.query_position(step) + 1) * kSymbols, padded = job.shape.padded_states();
  for (int k = job.thread * kLanes<R>; k < states; k += job.threads * kLanes<R>) {
    R value[D], to_value[D], sums[kRow];
    for (int c = 0; c < D; ++c) {
      value[c] = load<R>(w.value_columns + c * padded + k);
      to_value[c] = load<R>(w.value_gradient + c * padded + k);
    }
    for (int q = queries.from; q < queries.to; ++q) {
      float *const at = w.scores + q * padded + k, *const rows = gradient_of(job, queries, q) + k * kRow;
      columns_of<R>(rows, sums);
      for (int i = 0; i < kRow * kLanes<R>; i += kLanes<R>) store(rows + i, R{});
      const R e = load<R>(at);
      R score = sums[kWeightAt];
      for (int c = 0; c < D; ++c) {
        to_value[c] += sums[c] * e;
        score += sums[c] * value[c];
      }
      store(at, score * e);
    }
    for (int c = 0; c < D; ++c) store(w.value_gradient + c * padded + k, to_value[c]);
  }
}

// d(key) += sum over queries of d(score) query.
template <class R, int D>
CARRYSCOPE_BOTH inline void key_side(const Job& job, int step) {
  const FusedWorkspace w = job.work;
  const int own = job.shape.query_position(step), padded = job.shape.padded_states(),
            queries = job.shape.query_symbols(step);
  for (int k = job.thread * kLanes<R>; k < (own + 1) * kSymbols; k += job.threads * kLanes<R>) {
    R to_key[D];
    for (int c = 0; c < D; ++c) to_key[c] = load<R>(w.key_gradient + c * padded + k);
    for (int q = 0; q < queries; ++q) {
      const float* const query = w.query + (own * kSymbols + q) * kRow;
      const R score = load<R>(w.scores + q * padded + k);
      for (int c = 0; c < D; ++c) to_key[c] += score * query[c];
    }
    for (int c = 0; c < D; ++c) store(w.key_gradient + c * padded + k, to_key[c]);
  }
}

// d(query) = sum over keys of d(score) key.
template <class R, int D>
CARRYSCOPE_BOTH inline void query_side(const Job& job, int step) {
  const FusedWorkspace w = job.work;
  const int own = job.shape.query_position(step), padded = job.shape.padded_states();
  for (int q = job.thread; q < job.shape.query_symbols(step); q += job.threads) {
    R sum[D] = {};
    for (int k = 0; k < (own + 1) * kSymbols; k += kLanes<R>) {
      const R score = load<R>(w.scores + q * padded + k);
      for (int c = 0; c < D; ++c) sum[c] += load<R>(w.key_columns + c * padded + k) * score;
    }
    for (int c = 0; c < D; ++c) w.query_gradient[(own * kSymbols + q) * kRow + c] = sum_of_lanes<R>(sum[c]);
  }
}

// Through the three maps and the norm of each state to its embedding.
template <int D>
CARRYSCOPE_BOTH inline void states_back(const Job& job) {
  const FusedShape& shape = job.shape;
  const FusedWorkspace w = job.work;
  const float *const query = job.dense(model::Dense::query), *const key = job.dense(model::Dense::key),
                     *const value = job.dense(model::Dense::value),
                     *const weight = job.dense(model::Dense::norm_weight);
  const int padded = shape.padded_states();
  for (int k = job.thread; k < shape.states(); k += job.threads) {
    float *const dq = w.query_gradient + k * kRow, *const dn = w.normed_gradient + k * kRow;
    float d_hat[D], dk[D], dv[D];
    for (int i = 0; i < D; ++i) {
      dq[i] *= shape.score_scale;
      dk[i] = w.key_gradient[i * padded + k];
      dv[i] = w.value_gradient[i * padded + k];
    }
    for (int i = 0; i < D; ++i) {
      float sum = 0;
      for (int j = 0; j < D; ++j)
        sum += dq[j] * query[i * D + j] + dk[j] * key[i * D + j] + dv[j] * value[i * D + j];
      dn[i] = sum;
      d_hat[i] = sum * weight[i];
    }
    standardise_back<D>(w.normed + k * kRow, w.inverse[k], shape.centred, d_hat,
                        w.embedding_gradient + k * kRow);
  }
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
