// Greedy decoding of one-layer decoders from tables, many pairs at a time.
//
// For every step and query token there is one row of entries (key position, token): the softmax
// weight E and the products E V of each head, ready to be added up. Unlike AttentionTable, which
// holds what a true sum can contain, the rows know every token of the vocabulary, because a wrong
// token is fed back. Weights are exp(score - m), m the row's largest score over *all* entries; where
// a pair's own largest score may lie so far below that its weights would lose digits, the row
// keeps scores and the exponentials are taken per pair, relative to the pair's own largest.
// After attention the tail runs with one pair per lane (lanes.h).
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "model/attention.h"
#include "model/greedy.h"
#include "model/lanes.h"
#include "model/tail.h"

namespace carryscope::model {

// Rows grow with the square of the vocabulary; beyond this the forward pass takes over.
inline constexpr int kTableVocabulary = 32;

template <std::floating_point F>
class TableGreedy final : public Greedy {
 public:
  explicit TableGreedy(const Decoder& decoder)
      : decoder_(&decoder), embedding_(decoder), maps_(decoder.layers[0]) {
    const Attention& shape = maps_.shape();
    value_dim_ = static_cast<std::size_t>(shape.value_dim);
    heads_ = static_cast<std::size_t>(shape.heads);
    width_ = (heads_ * (1 + value_dim_) + kChunk - 1) / kChunk * kChunk;
    vocabulary_ = static_cast<std::size_t>(decoder.vocabulary);
    for (int p = 0; p < decoder.layout.input_length(); ++p)
      for (int token = 0; token < decoder.vocabulary; ++token)
        keys_.push_back(maps_.state(p, embedding_(p, token)));
    for (int step = 0; step < decoder.layout.steps(); ++step)
      for (int token = 0; token < decoder.vocabulary; ++token)
        rows_.push_back(make_row(decoder.layout.query_position(step), token));
  }

  void decode(std::span<const Pair> pairs, std::span<int> tokens) const override {
    Worker worker(*this);
    const auto steps = static_cast<std::size_t>(decoder_->layout.steps());
    for (std::size_t start = 0; start < pairs.size(); start += kBlock) {
      const std::size_t count = std::min(kBlock, pairs.size() - start);
      worker.decode(pairs.subspan(start, count), tokens.subspan(start * steps, count * steps));
    }
  }

 private:
  using State = typename AttentionMaps<F>::State;
  static constexpr std::size_t kChunk = 8;     // numbers added at once; rows are padded to it
  static constexpr std::size_t kBlock = 1024;  // pairs that share a step's rows in the cache
  // exp(-kSpread) times the smallest normal number must still be far below one rounding.
  static constexpr double kSpread = sizeof(F) == 4 ? 50.0 : 600.0;

  struct Row {
    bool peaked = false;      // entries hold scores instead of weights
    std::vector<F> residual;  // d, before attention
    std::vector<F> rest;      // heads: the plus-one softmax's 1 in the weights' scale, else 0
    std::vector<F> entries;   // (position + 1) x V x width: per head E, then E V[value_dim]
  };

  static constexpr F kMaskedScore = -std::numeric_limits<F>::infinity();

  const State& key(int position, int token) const {
    return keys_[static_cast<std::size_t>(position) * vocabulary_ + static_cast<std::size_t>(token)];
  }

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

  Row make_row(int position, int token) const {
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

  bool plus_one() const { return maps_.shape().softmax == Softmax::plus_one; }

  std::size_t entry(int position, int token, std::size_t head) const {
    return (static_cast<std::size_t>(position) * vocabulary_ + static_cast<std::size_t>(token)) * width_ +
           head * (1 + value_dim_);
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

  class Worker;

  const Decoder* decoder_;
  Embedding<F> embedding_;
  AttentionMaps<F> maps_;
  std::size_t heads_ = 0, value_dim_ = 0, width_ = 0, vocabulary_ = 0;
  std::vector<State> keys_;  // positions x V
  std::vector<Row> rows_;    // steps x V
};

}  // namespace carryscope::model

#include "model/greedy_worker.h"
