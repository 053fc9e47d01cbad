// FlatTables: model::DecodeTables in one piece of memory, as a GPU is handed them (enumerate_thread.h).
#pragma once

#include <string>
#include <vector>

#include "model/decode_tables.h"
#include "verify/enumerate_thread.h"

namespace carryscope::verify {

// Of a tail of one head whose sizes are at most those of TailWeights.
TailWeights tail_weights(const model::DecodeTail& tail);

class FlatTables {
 public:
  // Throws model::InputError naming the feature where threads do not take such a model: a prompt that ends
  // with a digit, fewer than two digits.
  explicit FlatTables(const model::DecodeTables& tables);

  const std::vector<float>& memory() const { return memory_; }
  // The tables, with memory() copied to `memory`.
  ThreadTables at(const float* memory) const;

 private:
  void keep(const float*& pointer, const float* from, std::size_t count);
  void keep_tail(const model::DecodeTail& from);
  void keep_step(const model::DecodeTables& tables, int step);

  ThreadTables tables_;  // its pointers are places in memory_, from 1 on
  std::vector<float> memory_;
};

}  // namespace carryscope::verify
