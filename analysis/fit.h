// Fit: the constants under which a cut step loses least on sampled pairs.
#pragma once

#include "analysis/ablated.h"
#include "analysis/minimise.h"
#include "analysis/plain_step.h"

namespace carryscope::analysis {

// -log of the token's probability.
double cross_entropy(std::span<const double> logits, int token);

// The keys at the positions, each cut to a constant already, become one key of fitted weight and value in
// every head; from where they are, and on those of the pairs that ask in this state.
void fit_keys(verify::Attended& read, const std::vector<int>& positions, const model::Decoder& decoder,
              const std::vector<model::Pair>& pairs);

}  // namespace carryscope::analysis
