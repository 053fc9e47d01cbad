// Greedy decoding of many pairs: at every step the token with the largest logit, the lowest token
// where several are largest; what was generated is what the model reads next, right or wrong.
//
// Arithmetic is that of the decoder's dtype, float32 or float64, in one fixed order of operations: the same
// bits on every processor. In float32 it is that of block_decoder.h wherever that takes the model, else, and
// in float64, sums run over ascending index and products are rounded before they are added. Pairs do
// not influence each other, so neither batches nor threads change a result.
#pragma once

#include <memory>
#include <span>

#include "model/decoder.h"

namespace carryscope::model {

class Greedy {
 public:
  virtual ~Greedy() = default;
  // tokens: pairs x layout.steps(), row-major; overwritten. May be called by several threads.
  virtual void decode(std::span<const Pair> pairs, std::span<int> tokens) const = 0;
};

// One layer with attention: from tables (block_decoder.h, greedy_table.h). Otherwise: the forward pass. The
// decoder must be valid and outlive the result.
std::unique_ptr<Greedy> make_greedy(const Decoder& decoder);

// The reference for any depth: the plain forward pass over the whole sequence.
std::unique_ptr<Greedy> make_forward_greedy(const Decoder& decoder);

}  // namespace carryscope::model
