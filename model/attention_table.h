// A one-layer decoder as tables (design: "the one fact everything rests on").
//
// Queries, keys and values depend only on the state (position, token), so for a query state q and
// head h the attention output is  sum_j E[j, x_j] V[j, x_j] / (sum_j E[j, x_j] + rest).
// Only feasible states are held: the ten digits where the layout has a digit, the one token where
// it has a fixed one. An entry is addressed by (position, symbol): symbol = the decimal digit, or 0.
#pragma once

#include "model/attention.h"
#include "model/tail.h"

namespace carryscope::model {

inline constexpr int kSymbols = 10;

inline int symbols(const Slot& slot) { return slot.role == Role::fixed ? 1 : kSymbols; }
inline int token_of(const Layout& layout, const Slot& slot, int symbol) {
  return slot.role == Role::fixed ? slot.token : layout.digit_tokens[static_cast<std::size_t>(symbol)];
}

template <class T>
class AttentionTable {
 public:
  // What one query state attends with. weight: heads x positions x kSymbols, positions = position + 1;
  // masked and infeasible entries are zero. All weights of a head carry one common positive factor.
  struct Query {
    int position = 0, token = 0;
    std::vector<T> residual;  // d, before attention
    std::vector<T> value;  // kv_heads x value_dim, of the state itself: the key it sees at its own position
    std::vector<T> weight;
    std::vector<T> rest;                    // heads: the plus-one softmax's 1 in the same scale, else zero
    std::vector<double> row_low, row_high;  // heads: the largest score of any row lies in between

    std::size_t at(int head, int key_position, int symbol) const {
      return (static_cast<std::size_t>(head) * static_cast<std::size_t>(position + 1) +
              static_cast<std::size_t>(key_position)) *
                 kSymbols +
             static_cast<std::size_t>(symbol);
    }
  };

  // The decoder must outlive the table. Throws InputError where it does not have one layer with attention.
  explicit AttentionTable(const Decoder& decoder) : decoder_(&decoder), embedding_(decoder) {
    if (decoder.layers.size() != 1 || !decoder.layers[0].attention)
      throw InputError(
          "'" + decoder.name + "' has " + std::to_string(decoder.layers.size()) +
          " layers; this needs a decoder of exactly one layer with attention (eval takes any depth)");
    maps_ = AttentionMaps<T>(decoder.layers[0]);
    for (int p = 0; p < decoder.layout.input_length(); ++p)
      for (int s = 0; s < kSymbols; ++s) keys_.push_back(key_state(p, s));
  }

  const Decoder& decoder() const { return *decoder_; }
  const AttentionMaps<T>& maps() const { return maps_; }

  // The query state (position, token); any token of the vocabulary may ask.
  Query query(int position, int token) const {
    Query q{position, token, embedding_(position, token), {}, {}, {}, {}, {}};
    const State state = maps_.state(position, q.residual);
    q.value = state.value;
    for (int head = 0; head < maps_.shape().heads; ++head) add_head(q, head, state);
    return q;
  }

  // Values of head h's key-value head at a key state, value_dim entries.
  std::span<const T> value(int head, int position, int symbol) const {
    const auto dim = static_cast<std::size_t>(maps_.shape().value_dim);
    return std::span<const T>(key(position, symbol).value)
        .subspan(static_cast<std::size_t>(maps_.kv_head(head)) * dim, dim);
  }

 private:
  using State = typename AttentionMaps<T>::State;

  State key_state(int position, int symbol) const {
    const Slot& slot = decoder_->layout.slot(position);
    if (symbol >= symbols(slot)) return {};
    return maps_.state(position, embedding_(position, token_of(decoder_->layout, slot, symbol)));
  }

  const State& key(int position, int symbol) const {
    return keys_[static_cast<std::size_t>(position * kSymbols + symbol)];
  }

  void add_head(Query& q, int head, const State& state) const {
    const bool plus_one = maps_.shape().softmax == Softmax::plus_one;
    std::vector<std::optional<T>> scores;
    double low = plus_one ? 0.0 : kMasked, high = low;
    for (int p = 0; p <= q.position; ++p) {
      const auto row = position_scores(q, head, state, p);
      double least = -kMasked;
      for (int s = 0; s < symbols_read(q, p); ++s) {
        const auto& score = row[static_cast<std::size_t>(s)];
        least = std::min(least, score ? Number<T>::lower(*score) : kMasked);
        if (score) high = std::max(high, Number<T>::upper(*score));
      }
      low = std::max(low, least);
      scores.insert(scores.end(), row.begin(), row.end());
    }
    for (const auto& s : scores)
      q.weight.push_back(s ? Number<T>::exp_difference(*s, low, high) : Number<T>::from(0.0));
    q.rest.push_back(plus_one ? Number<T>::exp_difference(Number<T>::from(0.0), low, high)
                              : Number<T>::from(0.0));
    q.row_low.push_back(low);
    q.row_high.push_back(high);
  }

  // At its own position a query sees exactly its own token, held under every symbol's index.
  int symbols_read(const Query& q, int position) const {
    return position == q.position ? kSymbols : symbols(decoder_->layout.slot(position));
  }

  std::vector<std::optional<T>> position_scores(const Query& q, int head, const State& state,
                                                int position) const {
    std::vector<std::optional<T>> row(kSymbols);
    for (int s = 0; s < symbols_read(q, position); ++s)
      row[static_cast<std::size_t>(s)] =
          maps_.score(head, q.position, state, position, position == q.position ? state : key(position, s));
    return row;
  }

  const Decoder* decoder_;
  Embedding<T> embedding_;
  AttentionMaps<T> maps_;
  std::vector<State> keys_;
};

}  // namespace carryscope::model
