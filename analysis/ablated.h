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
#include <utility>
#include <vector>

#include "model/attention_table.h"
#include "verify/attended.h"

namespace carryscope::analysis {

// What becomes of one head's readings of one key, [digit]; share: in how many of the pairs that stand for it
// the key holds each digit, 0 to 1.
struct KeyAblation {
  std::string_view name, about;
  bool of_digits;  // without effect on a key that holds one token only
  void (*cut)(std::vector<verify::Reading>& readings, std::span<const double> share);
};
std::span<const KeyAblation> key_ablations();

using Steps = std::vector<std::vector<verify::Attended>>;  // [step][symbol]: every query state

// One step with something cut: query states, which may each hold for some of the pairs (Attended::within),
// and the decoder whose tail follows them.
struct EditedStep {
  std::vector<verify::Attended> states;
  std::shared_ptr<const model::Decoder> tail;
};

// A decoder and all that its answer digits read. The decoder must outlive it.
struct Network {
  explicit Network(const model::Decoder& decoder);
  const model::Decoder& decoder;
  std::unique_ptr<const model::AttentionTable<verify::Interval>> table;
  Steps steps;
};

// Cuts the key at a position that the query state reads, in every head; the pairs of `standing` stand for it:
// all, those of a class, one. A key that holds the same token in all pairs that ask (a fixed one, the query's
// own) has one reading.
void cut_key(verify::Attended& read, int position, const KeyAblation& how, const verify::Cube& standing);

// The head always adds `output` (d) to the residual.
void hold_head(verify::Attended& read, int head, std::span<const double> output);

// The decoder whose head always adds `output` (d) to the residual, whose neuron is always `activation`.
model::Decoder with_head_held(model::Decoder decoder, int head, std::span<const double> output);
model::Decoder with_neuron_held(model::Decoder decoder, int neuron, double activation);

// The norms of a one-layer decoder, by the part that reads them.
struct NormPlace {
  std::string_view name;
  model::Norm& (*of)(model::Decoder& decoder);
  // The linear maps that read it, with their biases; a map may be empty.
  std::vector<std::pair<model::Weights*, model::Weights*>> (*readers)(model::Decoder& decoder);
};
std::span<const NormPlace> norm_places();

// The norm multiplies by `scale` in place of the inverse of its root: folded into the maps that read it, over
// the reals, with what the product's rounding may hide as their radius. Rounding is upward.
model::Decoder with_norm_held(model::Decoder decoder, const NormPlace& place, double scale);

}  // namespace carryscope::analysis
