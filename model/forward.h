// The forward pass of a decoder of any depth over a number type: token sequence in, logits out.
//
// This is the reference: obvious loops, every position, nothing cached. One-layer models have the
// same function as a table (attention_table.h).
#pragma once

#include "model/attention.h"
#include "model/tail.h"

namespace carryscope::model {

template <class T>
class Forward {
 public:
  explicit Forward(const Decoder& decoder)
      : vocabulary_(decoder.vocabulary), embedding_(decoder), tail_(decoder) {
    for (const Layer& layer : decoder.layers) {
      attention_.push_back(layer.attention ? std::optional<AttentionMaps<T>>(layer) : std::nullopt);
      feed_forward_.emplace_back(layer);
    }
  }

  // Logits, positions x V row-major. The decoder given to the constructor must still be alive.
  std::vector<T> logits(std::span<const int> tokens) {
    std::vector<std::vector<T>> x;
    for (std::size_t p = 0; p < tokens.size(); ++p) x.push_back(embedding_(static_cast<int>(p), tokens[p]));
    for (std::size_t layer = 0; layer < attention_.size(); ++layer) {
      if (attention_[layer]) attend(*attention_[layer], x);
      const bool last = layer + 1 == attention_.size();
      if (!last)  // the tail holds the last layer's feed-forward
        for (auto& row : x) feed_forward_[layer].apply(row);
    }
    std::vector<T> out(tokens.size() * static_cast<std::size_t>(vocabulary_), Number<T>::from(0.0));
    for (std::size_t p = 0; p < tokens.size(); ++p)
      tail_.logits(x[p], std::span<T>(out).subspan(p * static_cast<std::size_t>(vocabulary_),
                                                   static_cast<std::size_t>(vocabulary_)));
    return out;
  }

 private:
  using State = typename AttentionMaps<T>::State;

  static void attend(const AttentionMaps<T>& maps, std::vector<std::vector<T>>& x) {
    std::vector<State> states;
    for (std::size_t p = 0; p < x.size(); ++p) states.push_back(maps.state(static_cast<int>(p), x[p]));
    for (std::size_t p = 0; p < x.size(); ++p) {
      std::vector<T> mixed;
      for (int head = 0; head < maps.shape().heads; ++head) {
        const auto part = head_output(maps, head, static_cast<int>(p), states);
        mixed.insert(mixed.end(), part.begin(), part.end());
      }
      for (std::size_t i = 0; i < x[p].size(); ++i)
        x[p][i] = x[p][i] + maps.output().apply(std::span<const T>(mixed), static_cast<int>(i));
    }
  }

  static std::vector<T> head_output(const AttentionMaps<T>& maps, int head, int position,
                                    const std::vector<State>& states) {
    std::vector<T> scores;
    std::vector<const State*> keys;
    double low = kMasked, high = kMasked;
    for (int k = 0; k <= position; ++k)
      if (const auto s = maps.score(head, position, states[static_cast<std::size_t>(position)], k,
                                    states[static_cast<std::size_t>(k)])) {
        scores.push_back(*s);
        keys.push_back(&states[static_cast<std::size_t>(k)]);
        low = std::max(low, Number<T>::lower(*s));
        high = std::max(high, Number<T>::upper(*s));
      }
    return softmax_mean(maps, head, scores, keys, low, high);
  }

  static std::vector<T> softmax_mean(const AttentionMaps<T>& maps, int head, std::vector<T> weights,
                                     const std::vector<const State*>& keys, double low, double high) {
    const auto dim = static_cast<std::size_t>(maps.shape().value_dim);
    const std::size_t start = static_cast<std::size_t>(maps.kv_head(head)) * dim;
    std::vector<T> mean(dim, Number<T>::from(0.0));
    if (maps.shape().softmax == Softmax::plus_one) {
      low = std::max(low, 0.0);
      high = std::max(high, 0.0);
    }
    if (weights.empty() && maps.shape().softmax == Softmax::standard) return mean;
    for (T& w : weights) w = Number<T>::exp_difference(w, low, high);
    std::vector<T> terms = weights;
    if (maps.shape().softmax == Softmax::plus_one)
      terms.push_back(Number<T>::exp_difference(Number<T>::from(0.0), low, high));
    const T total = sum(terms);
    for (std::size_t i = 0; i < dim; ++i) {
      for (std::size_t k = 0; k < weights.size(); ++k) terms[k] = weights[k] * keys[k]->value[start + i];
      mean[i] = sum(std::span<const T>(terms).first(weights.size())) / total;
    }
    return mean;
  }

  static T sum(std::span<const T> terms) {
    using Exact = typename Number<T>::Exact;
    if (terms.empty()) return Number<T>::from(0.0);
    Exact total = static_cast<Exact>(terms[0]);
    for (std::size_t i = 1; i < terms.size(); ++i) total = total + static_cast<Exact>(terms[i]);
    T result(total);
    if constexpr (Number<T>::kRounds) {
      double m = 0.0;
      for (const T& t : terms) m += Number<T>::magnitude(t);
      result = Number<T>::absorb(result, m, static_cast<int>(terms.size()));
    }
    return result;
  }

  int vocabulary_;
  Embedding<T> embedding_;
  std::vector<std::optional<AttentionMaps<T>>> attention_;
  std::vector<FeedForward<T>> feed_forward_;
  Tail<T> tail_;
};

}  // namespace carryscope::model
