// The attention of one-layer decoders as rows to be added up, for every token that can be fed back.
//
// For every step and query token there is one row of entries (key position, token): the softmax weight E and
// the products E V of each head. Unlike AttentionTable, which holds what a true sum can contain, the rows
// know every token of the vocabulary, because a wrong token is fed back. Weights are exp(score - m), m the
// row's largest score over *all* entries; where a pair's own largest score may lie so far below that its
// weights would lose digits, the row keeps scores and the exponentials are taken per pair, relative to the
// pair's own largest.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "model/attention.h"

namespace carryscope::model {

// Rows grow with the square of the vocabulary.
inline constexpr int kTableVocabulary = 32;

template <std::floating_point F>
class AttentionRows {
 public:
  using State = typename AttentionMaps<F>::State;
  static constexpr std::size_t kChunk = 8;  // numbers added at once; entries are padded to it
  static constexpr F kMaskedScore = -std::numeric_limits<F>::infinity();

  struct Row {
    bool peaked = false;      // entries hold scores instead of weights
    std::vector<F> residual;  // d, before attention
    std::vector<F> rest;      // heads: the plus-one softmax's 1 in the weights' scale, else 0
    std::vector<F> entries;   // (position + 1) x V x width: per head E, then E V[value_dim]
  };

  // One layer with attention, vocabulary <= kTableVocabulary. The decoder must outlive this.
  explicit AttentionRows(const Decoder& decoder)
      : decoder_(&decoder), embedding_(decoder), maps_(decoder.layers[0]) {
    const Attention& shape = maps_.shape();
    value_dim_ = static_cast<std::size_t>(shape.value_dim);
    heads_ = static_cast<std::size_t>(shape.heads);
    width_ = (heads_ * (1 + value_dim_) + kChunk - 1) / kChunk * kChunk;
    vocabulary_ = static_cast<std::size_t>(decoder.vocabulary);
    for (int p = 0; p < decoder.layout.input_length(); ++p)
      for (int token = 0; token < decoder.vocabulary; ++token)
        keys_.push_back(maps_.state(p, embedding_(p, token)));
  }

  const Decoder& decoder() const { return *decoder_; }
  const AttentionMaps<F>& maps() const { return maps_; }
  std::size_t heads() const { return heads_; }
  std::size_t value_dim() const { return value_dim_; }
  std::size_t width() const { return width_; }  // of an entry, padded
  std::size_t vocabulary() const { return vocabulary_; }
  bool plus_one() const { return maps_.shape().softmax == Softmax::plus_one; }

  const State& key(int position, int token) const {
    return keys_[static_cast<std::size_t>(position) * vocabulary_ + static_cast<std::size_t>(token)];
  }

  // Where a head's numbers begin in Row::entries.
  std::size_t entry(int position, int token, std::size_t head) const {
    return (static_cast<std::size_t>(position) * vocabulary_ + static_cast<std::size_t>(token)) * width_ +
           head * (1 + value_dim_);
  }

  Row make(int step, int token) const {
    const int position = decoder_->layout.query_position(step);
    Row row;
    row.residual = embedding_(position, token);
    row.rest.assign(heads_, F{0});
    row.entries.assign(static_cast<std::size_t>(position + 1) * vocabulary_ * width_, F{0});
    std::vector<F> largest(heads_);
    for (std::size_t head = 0; head < heads_; ++head) {
      F low = kMaskedScore;
      F& high = largest[head] = low;
      if (plus_one()) low = high = F{0};
      for (int p = 0; p <= position; ++p)
        low = std::max(low, fill_scores(row, head, position, token, p, high));
      if (high > kMaskedScore && static_cast<double>(high) - static_cast<double>(low) > kSpread)
        row.peaked = true;
    }
    if (!row.peaked) weigh(row, position, largest);
    return row;
  }

 private:
  // exp(-kSpread) times the smallest normal number must still be far below one rounding.
  static constexpr double kSpread = sizeof(F) == 4 ? 50.0 : 600.0;

  // Whether `token` can stand at `position`: prompts hold what the layout says, answers anything.
  bool possible(int position, int token) const {
    const Layout& layout = decoder_->layout;
    if (static_cast<std::size_t>(position) >= layout.prompt.size()) return true;
    const Slot& slot = layout.slot(position);
    if (slot.role == Role::fixed) return token == slot.token;
    return std::ranges::find(layout.digit_tokens, token) != layout.digit_tokens.end();
  }

  bool readable(int query_position, int query_token, int position, int token) const {
    return position == query_position ? token == query_token : possible(position, token);
  }

  // Writes the scores of one key position; returns the least of them and raises `high`.
  F fill_scores(Row& row, std::size_t head, int query_position, int query_token, int position,
                F& high) const {
    F least = std::numeric_limits<F>::infinity();
    for (int token = 0; token < decoder_->vocabulary; ++token) {
      if (!readable(query_position, query_token, position, token)) continue;
      const auto score = maps_.score(static_cast<int>(head), query_position, key(query_position, query_token),
                                     position, key(position, token));
      const F value = score ? *score : kMaskedScore;
      row.entries[entry(position, token, head)] = value;
      least = std::min(least, value);
      high = std::max(high, value);
    }
    return least;
  }

  void weigh(Row& row, int position, const std::vector<F>& largest) const {
    for (std::size_t head = 0; head < heads_; ++head) {
      if (plus_one()) row.rest[head] = std::exp(F{0} - largest[head]);
      const std::size_t values = static_cast<std::size_t>(maps_.kv_head(static_cast<int>(head))) * value_dim_;
      for (int p = 0; p <= position; ++p)
        for (int token = 0; token < decoder_->vocabulary; ++token) {
          F* const at = &row.entries[entry(p, token, head)];
          const bool masked = *at == kMaskedScore;
          *at = masked ? F{0} : std::exp(*at - largest[head]);
          for (std::size_t i = 0; i < value_dim_; ++i) at[1 + i] = *at * key(p, token).value[values + i];
        }
    }
  }

  const Decoder* decoder_;
  Embedding<F> embedding_;
  AttentionMaps<F> maps_;
  std::size_t heads_ = 0, value_dim_ = 0, width_ = 0, vocabulary_ = 0;
  std::vector<State> keys_;  // positions x V
};

}  // namespace carryscope::model
