// The tables of the fused step, forwards: parameters -> dense weights -> states.
//
// Every function is one phase of a block of threads: thread t of T works on the items t, t + T, ...
// and no two items write the same place. On a processor T is 1. A phase's transpose is in
// fused_tables_back.h.
#pragma once

#include "train/fused_norm.h"
#include "train/fused_shape.h"

namespace carryscope::train::CARRYSCOPE_ISA {

struct Job {
  const FusedShape& shape;
  const FusedWorkspace& work;
  const FusedStep& step;
  int thread, threads;

  CARRYSCOPE_BOTH const float* dense(model::Dense which) const {
    return work.dense + shape.dense[static_cast<int>(which)];
  }
  CARRYSCOPE_BOTH float* dense_gradient(model::Dense which) const {
    return work.dense_gradient + shape.dense[static_cast<int>(which)];
  }
};

// dense = left right, or left, entry by entry; a bias that the norm lacks stays zero.
CARRYSCOPE_BOTH inline void multiply_out(const Job& job) {
  for (int p = 0; p < job.shape.products; ++p) {
    const FusedProduct& rule = job.shape.product[p];
    const float* const left = job.work.parameters + rule.left;
    const float* const right = job.work.parameters + rule.right;
    float* const out = job.work.dense + rule.dense;
    for (int i = job.thread; i < rule.rows * rule.cols; i += job.threads) {
      const int row = i / rule.cols, column = rule.first + i % rule.cols;
      float sum = 0;
      if (rule.right < 0)
        sum = rule.transposed ? left[column * rule.rows + row] : left[row * rule.left_cols + column];
      else
        for (int k = 0; k < rule.inner; ++k)
          sum += left[row * rule.left_cols + k] * right[k * rule.right_cols + column];
      out[i] = sum;
    }
  }
}

template <int D>
CARRYSCOPE_BOTH inline void map_row(const float* x, const float* matrix, float scale, float* out) {
  for (int j = 0; j < D; ++j) {
    float sum = 0;
    for (int i = 0; i < D; ++i) sum += x[i] * matrix[i * D + j];
    out[j] = sum * scale;
  }
}

CARRYSCOPE_BOTH inline int token_of(const FusedShape& shape, int position, int symbol) {
  const int fixed = shape.fixed_token[position];
  return fixed < 0 ? symbol : fixed;
}

// What the norm before attention hands on: hat * weight + bias.
template <int D>
CARRYSCOPE_BOTH inline void attention_input(const Job& job, const float* hat, float* n) {
  const float *weight = job.dense(model::Dense::norm_weight), *bias = job.dense(model::Dense::norm_bias);
  for (int i = 0; i < D; ++i) n[i] = hat[i] * weight[i] + bias[i];
}

// Embedding, norm, key and value of every state, and the query of those that ask.
template <int D>
CARRYSCOPE_BOTH inline void make_states(const Job& job) {
  const FusedShape& shape = job.shape;
  const FusedWorkspace& w = job.work;
  const int padded = shape.padded_states();
  for (int k = job.thread; k < shape.states(); k += job.threads) {
    const int position = k / kSymbols;
    const float* const token =
        job.dense(model::Dense::token_embedding) + token_of(shape, position, k % kSymbols) * D;
    const float* const place = job.dense(model::Dense::position_embedding) + position * D;
    float *const x = w.embedding + k * kRow, *const hat = w.normed + k * kRow, n[D], key[D];
    for (int i = 0; i < D; ++i) x[i] = token[i] + place[i];
    w.inverse[k] = standardise<D>(x, shape.centred, shape.norm_eps, hat);
    attention_input<D>(job, hat, n);
    map_row<D>(n, job.dense(model::Dense::key), 1, key);
    map_row<D>(n, job.dense(model::Dense::value), 1, w.value + k * kRow);
    w.value[k * kRow + kWeightAt] = 1;
    for (int i = 0; i < D; ++i) {
      w.key_columns[i * padded + k] = key[i];
      w.value_columns[i * padded + k] = w.value[k * kRow + i];
    }
    if (position >= shape.query_position(0))
      map_row<D>(n, job.dense(model::Dense::query), shape.score_scale, w.query + k * kRow);
  }
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
