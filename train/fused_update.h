// From the gradients of states and tails to those of the dense weights and the parameters, and AdamW.
#pragma once

#include "train/fused_tail.h"

namespace carryscope::train::CARRYSCOPE_ISA {

// The attention's maps and norm: sums over all states.
template <int D>
CARRYSCOPE_BOTH inline void attention_gradient(const Job& job) {
  const FusedWorkspace& w = job.work;
  const int states = job.shape.states();
  const int padded = job.shape.padded_states();
  float* const maps = job.dense_gradient(model::Dense::query);
  const float *const weight = job.dense(model::Dense::norm_weight), *const bias =
                                                                        job.dense(model::Dense::norm_bias);
  for (int i = job.thread; i < D; i += job.threads) {
    float query[D] = {}, key[D] = {}, value[D] = {};
    for (int k = 0; k < states; ++k) {
      const float n = w.normed[k * kRow + i] * weight[i] + bias[i];
      for (int j = 0; j < D; ++j) {
        query[j] += n * w.query_gradient[k * kRow + j];
        key[j] += n * w.key_gradient[j * padded + k];
        value[j] += n * w.value_gradient[j * padded + k];
      }
    }
    for (int j = 0; j < D; ++j) {
      maps[i * D + j] = query[j];
      maps[(D + i) * D + j] = key[j];
      maps[(2 * D + i) * D + j] = value[j];
    }
  }
  for (int i = job.thread; i < D; i += job.threads) {
    float weight_sum = 0, bias_sum = 0;
    for (int k = 0; k < states; ++k) {
      weight_sum += w.normed_gradient[k * kRow + i] * w.normed[k * kRow + i];
      bias_sum += w.normed_gradient[k * kRow + i];
    }
    job.dense_gradient(model::Dense::norm_weight)[i] = weight_sum;
    job.dense_gradient(model::Dense::norm_bias)[i] = bias_sum;
  }
}

template <int D>
CARRYSCOPE_BOTH inline void embedding_gradient(const Job& job) {
  const FusedShape& shape = job.shape;
  float* const token = job.dense_gradient(model::Dense::token_embedding);
  float* const place = job.dense_gradient(model::Dense::position_embedding);
  for (int i = job.thread; i < D; i += job.threads) {
    for (int v = 0; v < kVocabulary; ++v) token[v * D + i] = 0;
    for (int p = 0; p < shape.context; ++p) place[p * D + i] = 0;
    for (int k = 0; k < shape.states(); ++k) {
      const int position = k / kSymbols, symbol = k % kSymbols;
      if (shape.fixed_token[position] >= 0 && symbol > 0) continue;  // copies of the first
      const float gradient = job.work.embedding_gradient[k * kRow + i];
      token[token_of(shape, position, symbol) * D + i] += gradient;
      place[position * D + i] += gradient;
    }
  }
}

CARRYSCOPE_BOTH inline void tail_gradient(const Job& job, int accumulators) {
  for (int i = job.thread; i < job.shape.tail_size(); i += job.threads) {
    float sum = 0;
    for (int a = 0; a < accumulators; ++a) sum += job.work.tail_gradient[i * accumulators + a];
    job.work.dense_gradient[job.shape.tail() + i] = sum;
  }
}

// dA = dW B^T, dB = A^T dW, over every product that names the tensor. `at` counts parameters.
CARRYSCOPE_BOTH inline float parameter_gradient(const Job& job, int at) {
  const FusedShape& shape = job.shape;
  float total = 0;
  for (int p = 0; p < shape.products; ++p) {
    const FusedProduct& rule = shape.product[p];
    const float* const dense = job.work.dense_gradient + rule.dense;
    const float *const left = job.work.parameters + rule.left, *const right =
                                                                   job.work.parameters + rule.right;
    const int in_left = at - rule.left, in_right = at - rule.right;
    if (rule.right < 0) {
      const int row = rule.transposed ? in_left % rule.rows : in_left / rule.left_cols;
      const int column = (rule.transposed ? in_left / rule.rows : in_left % rule.left_cols) - rule.first;
      if (in_left >= 0 && row < rule.rows && column >= 0 && column < rule.cols)
        total += dense[row * rule.cols + column];
    } else if (in_left >= 0 && in_left < rule.rows * rule.inner) {
      const int row = in_left / rule.inner, k = in_left % rule.inner;
      for (int c = 0; c < rule.cols; ++c)
        total += dense[row * rule.cols + c] * right[k * rule.right_cols + rule.first + c];
    } else if (in_right >= 0 && in_right < rule.inner * rule.right_cols) {
      const int k = in_right / rule.right_cols, c = in_right % rule.right_cols - rule.first;
      if (c >= 0 && c < rule.cols)
        for (int row = 0; row < rule.rows; ++row)
          total += left[row * rule.inner + k] * dense[row * rule.cols + c];
    }
  }
  return total;
}

CARRYSCOPE_BOTH inline void parameter_gradients(const Job& job) {
  for (int i = job.thread; i < job.shape.parameters; i += job.threads)
    job.work.gradient[i] = parameter_gradient(job, i);
}

CARRYSCOPE_BOTH inline void sum_up(const Job& job, int accumulators) {
  if (job.thread != 0) return;
  float loss = 0, square = 0;
  for (int a = 0; a < accumulators; ++a) loss += job.work.loss[a];
  for (int i = 0; i < job.shape.parameters; ++i) square += job.work.gradient[i] * job.work.gradient[i];
  job.work.result[0] = loss;
  job.work.result[1] = std::sqrt(square);
}

// Loshchilov and Hutter's AdamW as torch computes it, after clipping by the gradient's norm.
CARRYSCOPE_BOTH inline void adamw(const Job& job) {
  const FusedStep& s = job.step;
  const FusedWorkspace& w = job.work;
  const float shrink = s.clip / (w.result[1] + 1e-6F), factor = shrink < 1.0F ? shrink : 1.0F;
  const float size = s.rate / s.correction1, root2 = std::sqrt(s.correction2);
  for (int i = job.thread; i < job.shape.parameters; i += job.threads) {
    const float g = w.gradient[i] * factor;
    float &m = w.first_moment[i], &v = w.second_moment[i];
    m = s.beta1 * m + (1 - s.beta1) * g;
    v = s.beta2 * v + (1 - s.beta2) * g * g;
    w.parameters[i] =
        w.parameters[i] * (1 - s.rate * s.decay) - size * m / (std::sqrt(v) / root2 + s.epsilon);
  }
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
