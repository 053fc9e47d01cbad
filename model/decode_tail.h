// What one step of decoding computes behind attention's sums, over the vectors of vectors.h: one pair in
// each lane. This is the float32 program whose answers eval and enumerate count, on the processor (one
// instance for each instruction set) and on a GPU; its operations and their order are fixed here:
//
//   mean      (sum of E V) times 1 / (sum of E), 0 where every key is masked
//   maps      y = x_0 W_0, then one fused multiply-add for each further input in ascending order,
//             then the bias
//   norms     the mean of squares is such a chain times 1 / width, joined with eps by a fused
//             multiply-add;
//             x times 1 / root, then the weight, then the bias
//   argmax    the lowest token of the largest logit
//
// Certified float32 semantics allow every one of these choices. Sizes are template arguments, so that those
// of the presets are known to the compiler.
#pragma once

#include "model/decode_math.h"

namespace carryscope::model {

// Plain data, for a GPU is handed it. Weights are [output][input]; absent ones are null.
struct DecodeTail {
  struct Map {
    const float* weight = nullptr;
    const float* bias = nullptr;
  };
  struct Scale {
    NormType type = NormType::none;
    float eps = 0;
    const float* weight = nullptr;
    const float* bias = nullptr;
  };

  int heads = 1, value_dim = 0, width = 0, hidden = 0, vocabulary = 0;  // hidden 0: no feed-forward
  float one_by_width = 1;
  Activation activation = Activation::gelu_erf;
  Map output, up, gate, down, head;
  Scale mlp_norm, final_norm;
};

// Sizes of models of one head whose values are as wide as the residual, with the seeds' vocabulary.
template <int Width, int Hidden>
struct FixedSizes {
  static constexpr int heads = 1, value_dim = Width, width = Width, hidden = Hidden, vocabulary = 14;
  static constexpr int kMostSums = Width + 1, kMostWidth = Width, kMostHidden = Hidden, kMostVocabulary = 14;

  CARRYSCOPE_BOTH explicit FixedSizes(const DecodeTail&) {}
  static bool fit(const DecodeTail& t) {
    return t.heads == 1 && t.value_dim == Width && t.width == Width && t.hidden == Hidden &&
           t.vocabulary == 14;
  }
};

struct AnySizes {
  int heads, value_dim, width, hidden, vocabulary;
  static constexpr int kMostSums = 64, kMostWidth = 64, kMostHidden = 256, kMostVocabulary = 16;

  CARRYSCOPE_BOTH explicit AnySizes(const DecodeTail& t)
      : heads(t.heads), value_dim(t.value_dim), width(t.width), hidden(t.hidden), vocabulary(t.vocabulary) {}
  static bool fit(const DecodeTail& t) {
    return t.heads * (1 + t.value_dim) <= kMostSums && t.width <= kMostWidth && t.hidden <= kMostHidden &&
           t.vocabulary <= kMostVocabulary;
  }
};

}  // namespace carryscope::model

namespace carryscope::model::CARRYSCOPE_ISA {

// Output `col` of x W + b, x of `rows` entries.
template <class L>
CARRYSCOPE_BOTH inline L apply(const DecodeTail::Map& map, int rows, const L* x, int col) {
  const float* const w = map.weight + col * rows;
  L y = x[0] * splat<L>(w[0]);
  for (int i = 1; i < rows; ++i) y = multiply_add<L>(x[i], splat<L>(w[i]), y);
  return map.bias == nullptr ? y : y + splat<L>(map.bias[col]);
}

template <class L>
CARRYSCOPE_BOTH inline void normalise(const DecodeTail::Scale& norm, float one_by_width, int width, L* x) {
  if (norm.type == NormType::none) return;
  if (norm.type == NormType::layer) {
    L sum = x[0];
    for (int i = 1; i < width; ++i) sum = sum + x[i];
    sum = sum * splat<L>(one_by_width);
    for (int i = 0; i < width; ++i) x[i] = x[i] - sum;
  }
  L square = x[0] * x[0];
  for (int i = 1; i < width; ++i) square = multiply_add<L>(x[i], x[i], square);
  const L inverse =
      splat<L>(1.0F) / root<L>(multiply_add<L>(square, splat<L>(one_by_width), splat<L>(norm.eps)));
  for (int i = 0; i < width; ++i) {
    x[i] = x[i] * inverse;
    if (norm.weight != nullptr) x[i] = x[i] * splat<L>(norm.weight[i]);
    if (norm.bias != nullptr) x[i] = x[i] + splat<L>(norm.bias[i]);
  }
}

// x += output map of the heads' means. sums: per head E, then E V.
template <class L, class Sizes>
CARRYSCOPE_BOTH inline void add_attention(const Sizes& size, const DecodeTail& tail, const L* sums, L* x) {
  L mean[Sizes::kMostSums];
  for (int h = 0; h < size.heads; ++h) {
    const L* const of_head = sums + h * (1 + size.value_dim);
    const L none = splat<L>(0.0F);
    const L inverse = where_greater<L>(of_head[0], none, splat<L>(1.0F) / of_head[0], none);
    for (int i = 0; i < size.value_dim; ++i) mean[h * size.value_dim + i] = of_head[1 + i] * inverse;
  }
  for (int i = 0; i < size.width; ++i)
    x[i] = x[i] + apply<L>(tail.output, size.heads * size.value_dim, mean, i);
}

// x += mlp(norm(x))
template <class L, class Sizes>
CARRYSCOPE_BOTH inline void add_feed_forward(const Sizes& size, const DecodeTail& tail, L* x) {
  if (size.hidden == 0) return;
  L normed[Sizes::kMostWidth], hidden[Sizes::kMostHidden + 1];
  for (int i = 0; i < size.width; ++i) normed[i] = x[i];
  normalise<L>(tail.mlp_norm, tail.one_by_width, size.width, normed);
  const bool gated = tail.gate.weight != nullptr;
  const auto map = [&](const DecodeTail::Map& of) {
    for (int j = 0; j < size.hidden; ++j) hidden[j] = apply<L>(of, size.width, normed, j);
  };
  gated ? map(tail.gate) : map(tail.up);  // two calls: a GPU knows then where each reads
  activate<L>(tail.activation, size.hidden, hidden);
  if (gated)
    for (int j = 0; j < size.hidden; ++j) hidden[j] = hidden[j] * apply<L>(tail.up, size.width, normed, j);
  for (int i = 0; i < size.width; ++i) x[i] = x[i] + apply<L>(tail.down, size.hidden, hidden, i);
}

// The generated token, as a number. x: the residual before attention; it is overwritten. Each token's logit
// is shown to see(token, logit).
template <class L, class Sizes, class See>
CARRYSCOPE_BOTH inline L next_token(const Sizes& size, const DecodeTail& tail, const L* sums, L* x,
                                    const See& see) {
  add_attention<L>(size, tail, sums, x);
  add_feed_forward<L>(size, tail, x);
  normalise<L>(tail.final_norm, tail.one_by_width, size.width, x);
  L best = splat<L>(0.0F), high = apply<L>(tail.head, size.width, x, 0);
  see(0, high);
  for (int v = 1; v < size.vocabulary; ++v) {
    const L logit = apply<L>(tail.head, size.width, x, v);
    see(v, logit);
    best = where_greater<L>(logit, high, splat<L>(static_cast<float>(v)), best);
    high = larger<L>(logit, high);
  }
  return best;
}

}  // namespace carryscope::model::CARRYSCOPE_ISA
