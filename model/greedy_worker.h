// One thread's share of TableGreedy: the sequences of a block of pairs and the scratch of the tail.
// Included by greedy_table.h only.
#pragma once

#include "model/greedy_table.h"

namespace carryscope::model {

template <std::floating_point F>
class TableGreedy<F>::Worker {
 public:
  explicit Worker(const TableGreedy& table)
      : rows_(table.rows_),
        attention_(table.attention_),
        layout_(attention_.decoder().layout),
        output_(attention_.maps().shape().output, attention_.maps().shape().output_bias),
        tail_(attention_.decoder()),
        length_(layout_.prompt.size() + layout_.answer.size()),
        sequences_(kBlock * length_),
        sums_(attention_.width()),
        mixed_(attention_.heads() * attention_.value_dim()),
        residual_(static_cast<std::size_t>(attention_.decoder().width())),
        logits_(attention_.vocabulary()) {}

  void decode(std::span<const Pair> pairs, std::span<int> tokens) {
    for (std::size_t i = 0; i < pairs.size(); ++i)
      tokenise(layout_, pairs[i], std::span(sequences_).subspan(i * length_, length_));
    for (int step = 0; step < layout_.steps(); ++step) {
      const auto position = static_cast<std::size_t>(layout_.query_position(step));
      sort_by_token(pairs.size(), position);
      for (std::size_t first = 0; first < pairs.size(); first += kLanes)
        advance(step, position, std::span(order_).subspan(first, std::min(kLanes, pairs.size() - first)));
    }
    const auto steps = static_cast<std::size_t>(layout_.steps());
    for (std::size_t i = 0; i < pairs.size(); ++i)
      std::copy_n(&sequences_[i * length_ + layout_.prompt.size()], steps, &tokens[i * steps]);
  }

 private:
  using Batch = Lanes<F>;
  static constexpr std::size_t kLanes = Batch::kCount;

  // order_ = the pairs by the token at `position`: neighbours then use one row, which stays cached.
  void sort_by_token(std::size_t count, std::size_t position) {
    order_.resize(count);
    std::vector<std::size_t> next(attention_.vocabulary() + 1);
    const auto token = [&](std::size_t pair) {
      return static_cast<std::size_t>(sequences_[pair * length_ + position]);
    };
    for (std::size_t pair = 0; pair < count; ++pair) ++next[token(pair) + 1];
    for (std::size_t v = 0; v < attention_.vocabulary(); ++v) next[v + 1] += next[v];
    for (std::size_t pair = 0; pair < count; ++pair) order_[next[token(pair)]++] = pair;
  }

  // Generates token `step` of up to kLanes pairs; idle lanes repeat what they last held.
  void advance(int step, std::size_t position, std::span<const std::size_t> pairs) {
    for (std::size_t lane = 0; lane < pairs.size(); ++lane) {
      const int* const sequence = &sequences_[pairs[lane] * length_];
      const Row& row = rows_[static_cast<std::size_t>(step) * attention_.vocabulary() +
                             static_cast<std::size_t>(sequence[position])];
      row.peaked ? attend_peaked(row, sequence, position) : attend(row, sequence, position);
      put_mean(lane);
      for (std::size_t i = 0; i < residual_.size(); ++i) residual_[i].set(lane, row.residual[i]);
    }
    for (std::size_t i = 0; i < residual_.size(); ++i)
      residual_[i] = residual_[i] + output_.apply(std::span<const Batch>(mixed_), static_cast<int>(i));
    tail_.logits(residual_, logits_);
    const auto generated = largest();
    for (std::size_t lane = 0; lane < pairs.size(); ++lane)
      sequences_[pairs[lane] * length_ + position + 1] = static_cast<int>(generated[lane]);
  }

  // sums_ = the sum of the entries that the sequence picks.
  void attend(const Row& row, const int* sequence, std::size_t position) {
    const std::size_t width = attention_.width(), stride = attention_.vocabulary() * width;
    for (std::size_t chunk = 0; chunk < width; chunk += Rows::kChunk) {
      std::array<F, Rows::kChunk> sum{};
      const F* at = row.entries.data() + chunk;
      for (std::size_t p = 0; p <= position; ++p, at += stride) {
        const F* const picked = at + static_cast<std::size_t>(sequence[p]) * width;
        for (std::size_t i = 0; i < Rows::kChunk; ++i) sum[i] += picked[i];
      }
      std::ranges::copy(sum, sums_.begin() + static_cast<std::ptrdiff_t>(chunk));
    }
    for (std::size_t head = 0; head < attention_.heads(); ++head)
      sums_[head * (1 + attention_.value_dim())] += row.rest[head];
  }

  void attend_peaked(const Row& row, const int* sequence, std::size_t position) {
    for (std::size_t head = 0; head < attention_.heads(); ++head) {
      F* const sums = &sums_[head * (1 + attention_.value_dim())];
      std::fill_n(sums, 1 + attention_.value_dim(), F{0});
      F high = attention_.plus_one() ? F{0} : Rows::kMaskedScore;
      const auto score = [&](std::size_t p) {
        return row.entries[attention_.entry(static_cast<int>(p), sequence[p], head)];
      };
      for (std::size_t p = 0; p <= position; ++p) high = std::max(high, score(p));
      const std::size_t values = static_cast<std::size_t>(attention_.maps().kv_head(static_cast<int>(head))) *
                                 attention_.value_dim();
      for (std::size_t p = 0; p <= position; ++p) {
        if (score(p) == Rows::kMaskedScore) continue;
        const F weight = std::exp(score(p) - high);
        const F* const value = &attention_.key(static_cast<int>(p), sequence[p]).value[values];
        sums[0] += weight;
        for (std::size_t i = 0; i < attention_.value_dim(); ++i) sums[1 + i] += weight * value[i];
      }
      if (attention_.plus_one()) sums[0] += std::exp(F{0} - high);
    }
  }

  // A row whose keys are all masked attends to nothing: its mean is zero.
  void put_mean(std::size_t lane) {
    for (std::size_t head = 0; head < attention_.heads(); ++head) {
      const F* const sums = &sums_[head * (1 + attention_.value_dim())];
      for (std::size_t i = 0; i < attention_.value_dim(); ++i)
        mixed_[head * attention_.value_dim() + i].set(lane, sums[0] == F{0} ? F{0} : sums[1 + i] / sums[0]);
    }
  }

  // The token with the largest logit in each lane, as a number.
  std::array<F, kLanes> largest() const {
    Batch best, high = logits_[0];
    for (std::size_t v = 1; v < logits_.size(); ++v) {
      best = where_greater(logits_[v], high, Batch(static_cast<F>(v)), best);
      high = where_greater(logits_[v], high, logits_[v], high);
    }
    return best.unpacked();
  }

  const std::vector<Row>& rows_;
  const Rows& attention_;
  const Layout& layout_;
  Linear<Batch> output_;
  Tail<Batch> tail_;
  std::size_t length_;
  std::vector<int> sequences_;      // kBlock x length
  std::vector<std::size_t> order_;  // the block's pairs
  std::vector<F> sums_;             // width
  std::vector<Batch> mixed_;        // heads x value_dim
  std::vector<Batch> residual_;     // d
  std::vector<Batch> logits_;       // V
};

}  // namespace carryscope::model
