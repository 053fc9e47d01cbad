// What each part of a one-layer decoder adds to the logits of one position.
#pragma once

#include <string>

#include "analysis/anatomy.h"

namespace carryscope::analysis {

struct Part {
  std::string name;
  Vector values;  // V, in logits
};

struct Attribution {
  std::vector<Part> parts;  // they sum to `logits`
  Vector logits;            // V
  // V: the head on the residual before attention and before the feed-forward, each through its own norm
  Vector lens_embedding, lens_before;
  // The largest |sum of the parts - logit|, in double-precision ulp of the sum of the parts' magnitudes.
  double error_ulps = 0.0;
};

// At the last of the tokens.
Attribution attribute(const model::AttentionTable<double>& table, const Anatomist& dissect,
                      std::span<const int> tokens);

}  // namespace carryscope::analysis
