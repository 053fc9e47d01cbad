// The weights that a run starts from, as a pure function of (configuration, seed).
//
//   embeddings, whole linear maps, both factors of the positions   normal, standard deviation 0.02
//   a factor m x r or r x n of a linear map                        normal, variance 2 / (rows + columns)
//   norm weights 1, norm biases 0
// (Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010, for the
// factors.) Values are float32. A tensor's values depend on its place in model::parts() only, so two
// configurations that begin with the same parts begin with the same values. These are not the public
// checkpoints' initial weights: torch's generator is not imitated here.
#pragma once

#include <cstdint>

#include "model/config.h"
#include "model/parametrisation.h"
#include "train/recipe.h"

namespace carryscope::train {

// `position_deviation` is the standard deviation of the stored position tensors; the family's is 0.02.
model::Factored initialise(const model::Config& config, std::uint64_t seed, double position_deviation = 0.02);

// What a run of the recipe starts from: initialise(), oriented (orient.h) where it says so.
model::Factored first_weights(const model::Config& config, const Recipe& recipe, std::uint64_t seed);

}  // namespace carryscope::train
