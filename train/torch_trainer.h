// The trainer in LibTorch, the reference for the fused one: autograd and the recipe's AdamW, on the CPU or a
// CUDA device, a population as stacked tensors in one graph. A door without LibTorch's headers.
//
// A member's figures depend on the population's size by the rounding of batched matrix products only. On the
// CPU a run repeats to the last bit for the same number of threads; on CUDA the embedding's gradient is
// added up in no fixed order, so a run does not.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/parametrisation.h"
#include "train/trainer.h"

namespace carryscope::train {

// Starts from first_weights(config, recipe, seed) and trains on Curriculum(recipe, config.digits, seed), one
// member for each seed; a start from elsewhere is a restore(). The recipe is valid for the configuration.
// `device` is auto, cpu or cuda; throws InputError as torch_device() does. In float64 the rounding is too
// small to tell two trainings apart, which float32's is not: training amplifies it.
std::unique_ptr<Trainer> make_torch_trainer(const model::Config& config, const Recipe& recipe,
                                            std::span<const std::uint64_t> seeds, const std::string& device,
                                            model::Precision precision = model::Precision::float32);

// The threads of LibTorch's CPU operations, for the whole program.
void set_torch_threads(int threads);

// Such as "LibTorch 1.13.0", and whether it finds a CUDA device.
std::string torch_version();
bool torch_has_cuda();

}  // namespace carryscope::train
