// Greedy decoding of one-layer decoders from tables, many pairs at a time: AttentionRows for every step and
// query token, entries added in the order of positions. After attention the tail runs with one pair per lane
// (lanes.h). Takes what BlockDecoder does not: float64, peaked attention, large vocabularies.
#pragma once

#include <vector>

#include "model/attention_rows.h"
#include "model/greedy.h"
#include "model/lanes.h"
#include "model/tail.h"

namespace carryscope::model {

template <std::floating_point F>
class TableGreedy final : public Greedy {
 public:
  explicit TableGreedy(const Decoder& decoder) : attention_(decoder) {
    for (int step = 0; step < decoder.layout.steps(); ++step)
      for (int token = 0; token < decoder.vocabulary; ++token) rows_.push_back(attention_.make(step, token));
  }

  void decode(std::span<const Pair> pairs, std::span<int> tokens) const override {
    Worker worker(*this);
    const auto steps = static_cast<std::size_t>(attention_.decoder().layout.steps());
    for (std::size_t start = 0; start < pairs.size(); start += kBlock) {
      const std::size_t count = std::min(kBlock, pairs.size() - start);
      worker.decode(pairs.subspan(start, count), tokens.subspan(start * steps, count * steps));
    }
  }

 private:
  using Rows = AttentionRows<F>;
  using Row = typename Rows::Row;
  static constexpr std::size_t kBlock = 1024;  // pairs that share a step's rows in the cache

  class Worker;

  Rows attention_;
  std::vector<Row> rows_;  // steps x V
};

}  // namespace carryscope::model

#include "model/greedy_worker.h"
