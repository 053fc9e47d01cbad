// Recast: a model in another configuration of the same width, as near as that can hold it, instead of a start
// from random weights.
//
// What both configurations store alike is copied. Every other map is fitted to the model's dense one: a rank
// keeps the largest singular values (Eckart and Young, "The approximation of one matrix by another of lower
// rank", 1936), maps that share a factor are fitted together, tied ones take their mean. A narrower
// feed-forward loses, one at a time, the neuron whose absence costs the least loss on a batch. What there is
// more of (ranks, neurons, rows of positions) adds nothing to the function, but has a gradient. LayerNorm and
// RMSNorm keep their weights and become each other, which is no approximation of anything. The result is a
// starting point; fine-tuning and repair make a good model of it.
#pragma once

#include <string>

#include "model/parametrisation.h"

namespace carryscope::train {

// Throws InputError naming `where`: another width, vocabulary, number of digits or heads, another activation;
// a tying in which maps share their right factor.
model::Factored recast(const model::Factored& model, const model::Config& wanted, const std::string& where);

}  // namespace carryscope::train
