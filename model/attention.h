// One layer's attention over a number type: queries, keys and values of a residual vector, the
// score of a query-key pair, and the softmax-weighted mean of values.
//
// Roundings of scores: q.k times a scale, or (q times scale).k, or both scaled by its root; two
// more roundings on terms of size |q_i||k_i| scale cover all of them.
#pragma once

#include <algorithm>
#include <optional>

#include "model/linear.h"

namespace carryscope::model {

template <class T>
class AttentionMaps {
 public:
  struct State {
    std::vector<T> query;  // heads x head_dim
    std::vector<T> key;    // kv_heads x head_dim
    std::vector<T> value;  // kv_heads x value_dim
  };

  AttentionMaps() = default;
  explicit AttentionMaps(const Layer& layer)
      : attention_(*layer.attention),
        norm_(layer.norm),
        query_(attention_.query, attention_.query_bias),
        key_(attention_.key, attention_.key_bias),
        value_(attention_.value, attention_.value_bias),
        output_(attention_.output, attention_.output_bias),
        scale_(Number<T>::from(attention_.score_scale.value, attention_.score_scale.radius)) {
    if (attention_.query_norm) query_norm_.emplace(*attention_.query_norm);
    if (attention_.key_norm) key_norm_.emplace(*attention_.key_norm);
  }

  const Attention& shape() const { return attention_; }
  const Linear<T>& output() const { return output_; }

  // Query, key and value at a position, from the residual there (before the layer's norm).
  State state(int position, std::vector<T> residual) const {
    norm_.apply(residual);
    State s;
    s.query = map(query_, residual);
    s.key = map(key_, residual);
    s.value = map(value_, residual);
    per_head(s.query, query_norm_, position);
    per_head(s.key, key_norm_, position);
    return s;
  }

  // The score of head h; nothing where the key is masked.
  std::optional<T> score(int head, int query_position, const State& query, int key_position,
                         const State& key) const {
    const double bias = attention_.bias_at(head, query_position, key_position);
    if (key_position > query_position || bias == kMasked) return std::nullopt;
    const auto dim = static_cast<std::size_t>(attention_.head_dim);
    const auto q = std::span<const T>(query.query).subspan(static_cast<std::size_t>(head) * dim, dim);
    const auto k = std::span<const T>(key.key).subspan(static_cast<std::size_t>(kv_head(head)) * dim, dim);
    const T score = dot(q, k) * scale_;
    return bias == 0.0 ? score : score + Number<T>::from(bias);
  }

  int kv_head(int head) const { return head / (attention_.heads / attention_.kv_heads); }

 private:
  static std::vector<T> map(const Linear<T>& linear, const std::vector<T>& x) {
    std::vector<T> y(static_cast<std::size_t>(linear.cols), Number<T>::from(0.0));
    linear.apply(std::span<const T>(x), std::span<T>(y));
    return y;
  }

  void per_head(std::vector<T>& v, const std::optional<Normalise<T>>& norm, int position) const {
    const auto dim = static_cast<std::size_t>(attention_.head_dim);
    for (std::size_t start = 0; start < v.size(); start += dim) {
      const auto part = std::span<T>(v).subspan(start, dim);
      if (norm) norm->apply(part);
      if (attention_.rope) rotate(part, position);
    }
  }

  void rotate(std::span<T> v, int position) const {
    const Rope& rope = *attention_.rope;
    const std::size_t half = v.size() / 2;
    for (std::size_t i = 0; i < half; ++i) {
      const bool halves = rope.pairing == RopePairing::half;
      T& x = v[halves ? i : 2 * i];
      T& y = v[halves ? i + half : 2 * i + 1];
      const auto [c, s] = Number<T>::turn(position, rope.frequencies[i]);
      const T turned = x * c - y * s;
      y = x * s + y * c;
      x = turned;
    }
  }

  static T dot(std::span<const T> x, std::span<const T> y) {
    using Exact = typename Number<T>::Exact;
    Exact sum = static_cast<Exact>(x[0]) * static_cast<Exact>(y[0]);
    for (std::size_t i = 1; i < x.size(); ++i)
      sum = sum + static_cast<Exact>(x[i]) * static_cast<Exact>(y[i]);
    T result(sum);
    if constexpr (Number<T>::kRounds) {
      double m = 0.0;
      for (std::size_t i = 0; i < x.size(); ++i) m += Number<T>::magnitude(x[i]) * Number<T>::magnitude(y[i]);
      result = Number<T>::absorb(result, m, static_cast<int>(x.size()) + 4);
    }
    return result;
  }

  Attention attention_;
  Normalise<T> norm_;
  Linear<T> query_, key_, value_, output_;
  std::optional<Normalise<T>> query_norm_, key_norm_;
  T scale_ = Number<T>::from(1.0);
};

// Token plus position embedding, the first residual.
template <class T>
class Embedding {
 public:
  explicit Embedding(const Decoder& decoder)
      : tokens_(&decoder.token_embedding), positions_(&decoder.position_embedding) {}

  std::vector<T> operator()(int position, int token) const {
    std::vector<T> x;
    for (int i = 0; i < tokens_->cols; ++i) {
      T v = entry(*tokens_, token, i);
      if (!positions_->empty()) v = v + entry(*positions_, position, i);
      x.push_back(v);
    }
    return x;
  }

 private:
  static T entry(const Weights& w, int row, int col) {
    const std::size_t i = w.at(row, col);
    T v = Number<T>::from(w.value[i], w.radius_at(i));
    if (w.rank == 0) return v;
    return Number<T>::absorb(v, w.magnitude_at(i), w.rank + 1);
  }

  const Weights* tokens_;
  const Weights* positions_;
};

}  // namespace carryscope::model
