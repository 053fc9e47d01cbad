// Shrink: a smaller configuration started from a larger model, instead of from random weights.
//
// Lower ranks keep the largest singular values of each map (Eckart and Young, "The approximation of one
// matrix by another of lower rank", 1936); a narrower feed-forward loses, one at a time, the neuron whose
// absence costs the least loss on a batch. Width, tying, norms and the query, key and value maps stay.
// The result is a starting point, usually a bad model; fine-tuning and repair make a good one of it.
#pragma once

#include <string>

#include "model/parametrisation.h"

namespace carryscope::train {

// Throws InputError naming `where` and the field in which `smaller` is larger or differs.
model::Factored shrink(const model::Factored& model, const model::Config& smaller, const std::string& where);

}  // namespace carryscope::train
