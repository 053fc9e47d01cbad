// Kinds of ablation: what stands in for a part that is cut. A new kind is one row of the table.
//
// A part becomes a constant, or one constant for each class of pairs: nothing, zero, or what it is on average
// over the pairs that stand for it: all of them, those of the same class, one stated pair. Or it becomes the
// constant under which the model loses least (Li and Janson 2024, optimal ablation).
#pragma once

#include "analysis/ablated.h"

namespace carryscope::analysis {

// Pairs `within` read what the part is on average over the pairs `standing`.
struct Substitution {
  verify::Cube within, standing;
};

struct AblationKind {
  std::string_view name, about;
  const KeyAblation* keys;  // what becomes of a key's readings
  // What becomes of a head, a neuron, a norm: nothing at all, zero, its mean.
  enum class Held { never, zero, mean } held;
  bool fitted = false;  // then moved to where a sample loses least
  // Of the step that generates the sum's digit at `place`; `stated`: the pair that stands for others.
  std::vector<Substitution> (*substitutions)(int digits, int place, model::Pair stated);
};

std::span<const AblationKind> ablation_kinds();

}  // namespace carryscope::analysis
