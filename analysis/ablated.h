// Ablated: a one-layer decoder of which a part is cut out, still counted over all pairs.
//
// Keys are cut in the table that a query state reads (verify/attended.h): the readings of a token, one for
// each digit, become one constant, so what it held cannot be told. A head or a neuron is cut in the weights:
// what it adds becomes a constant. Either way attention stays a table and the tail a tail: the engine of
// certify applies. The token's other path, the query's own residual, is never cut.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "model/attention_table.h"
#include "verify/attended.h"

namespace carryscope::analysis {

// What becomes of one head's readings of one key, [digit]; share: how many of all pairs hold each digit.
struct KeyAblation {
  std::string_view name, about;
  bool of_digits;  // without effect on a key that holds one token only
  void (*cut)(std::vector<verify::Reading>& readings, std::span<const double> share);
};
std::span<const KeyAblation> key_ablations();

using Steps = std::vector<std::vector<verify::Attended>>;  // [step][symbol]: every query state

// A decoder and all that its answer digits read. The decoder must outlive it.
struct Network {
  explicit Network(const model::Decoder& decoder);
  const model::Decoder& decoder;
  std::unique_ptr<const model::AttentionTable<verify::Interval>> table;
  Steps steps;
};

// Cuts the key at a position that the query state reads, in every head. A key that holds the same token in
// all pairs that ask (a fixed one, the query's own) has one reading.
void cut_key(verify::Attended& read, int position, int digits, const KeyAblation& how);

// The decoder whose head always adds `output` (d) to the residual, whose neuron is always `activation`.
model::Decoder with_head_held(model::Decoder decoder, int head, std::span<const double> output);
model::Decoder with_neuron_held(model::Decoder decoder, int neuron, double activation);

}  // namespace carryscope::analysis
