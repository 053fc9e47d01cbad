// The fused engine: one-layer decoders trained through their attention tables on a processor's SIMD unit.
//
// Members are trained one after the other by the calling thread and share nothing. Results are fixed by
// configuration, recipe, seed and instruction set (instruction_sets() in fused_model.h): another set adds
// up in another order. All arithmetic is float32.
#pragma once

#include <memory>
#include <span>

#include "model/config.h"
#include "train/recipe.h"
#include "train/trainer.h"

namespace carryscope::train {

// One member for each seed, with the weights of first_weights(config, recipe, seed). Throws InputError where
// there is no kernel for the configuration.
std::unique_ptr<Trainer> make_fused_trainer(const model::Config& config, const Recipe& recipe,
                                            std::span<const std::uint64_t> seeds);

}  // namespace carryscope::train
