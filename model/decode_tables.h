// DecodeTables: what float32 decoding of a one-layer decoder looks up, so that a step costs a few additions
// of rows and one tail (decode_step.h).
//
// For every step and query token q there are rows of heads x (1 + value_dim) numbers, sums of AttentionRows'
// entries in ascending position:
//   base      the prompt's fixed tokens, then the query's own key, then the plus-one softmax's rest
//   letter    per place and digits (a_i, b_i): the prompt's positions that hold them
//   answers   two generated tokens before the query's own, or the one that is left over
// A pair's sum is base, then its letters from the highest place down to the ones, then its answers in the
// order of generation: pairs that share their upper places share that much of the sum. This order, and
// decode_tail.h's, is the float32 program that eval and enumerate run.
#pragma once

#include <memory>
#include <string>

#include "model/attention_rows.h"
#include "model/decode_step.h"

namespace carryscope::model {

class DecodeTables {
 public:
  static constexpr int kLetters = 100;

  // Nothing where this program is not for such a model; `why` then names the feature.
  static std::unique_ptr<const DecodeTables> make(const Decoder& decoder, std::string* why = nullptr);

  const Layout& layout() const { return layout_; }
  const DecodeTail& tail() const { return tail_; }
  int vocabulary() const { return tail_.vocabulary; }
  std::size_t row_floats() const { return row_chunks_ * kRowChunk; }

  // Numbers of rows in rows(step, q).
  std::size_t letter_row(int place, int letter) const {
    return static_cast<std::size_t>(place) * kLetters + static_cast<std::size_t>(letter);
  }
  std::size_t answer_row(int chunk, int token) const {  // the one left over
    return first_answer(chunk) + vocabulary_ * vocabulary_ + static_cast<std::size_t>(token);
  }
  std::size_t answers_row(int chunk, int token, int next) const {
    return first_answer(chunk) + static_cast<std::size_t>(token) * vocabulary_ +
           static_cast<std::size_t>(next);
  }

  // Row after row; the base row.
  const float* rows(int step, int query) const { return floats(at(step, query).rows); }
  const float* base(int step, int query) const { return floats(at(step, query).base); }
  // width x kMostTokens: by query token, before attention.
  const float* residual(int step) const { return residual_[static_cast<std::size_t>(step)].data(); }

 private:
  using Chunks = std::vector<RowChunk>;
  struct Query {
    Chunks rows, base;
  };

  explicit DecodeTables(const Decoder& decoder);
  bool build(const Decoder& decoder);
  void fill(Query& query, int step, int token, const AttentionRows<float>::Row& row,
            const AttentionRows<float>& attention) const;
  const float* keep(const Weights& weights, bool by_output);
  DecodeTail::Map map(const Weights& weights, const Weights& bias);
  DecodeTail::Scale scale(const Norm& norm);

  static const float* floats(const Chunks& chunks) { return chunks.empty() ? nullptr : chunks[0].value; }
  std::size_t first_answer(int chunk) const {
    return static_cast<std::size_t>(layout_.digits) * kLetters +
           static_cast<std::size_t>(chunk) * vocabulary_ * (vocabulary_ + 1);
  }
  const Query& at(int step, int query) const {
    return queries_[static_cast<std::size_t>(step) * vocabulary_ + static_cast<std::size_t>(query)];
  }

  Layout layout_;
  DecodeTail tail_;
  std::size_t vocabulary_ = 0, row_chunks_ = 1;
  std::vector<std::unique_ptr<float[]>> weights_;
  std::vector<std::vector<float>> residual_;  // by step
  std::vector<Query> queries_;                // steps x V; empty where no such query can be
};

}  // namespace carryscope::model
