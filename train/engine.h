// The engines by name: fused, which is always there, and torch, a module beside the program that is
// loaded when it is asked for, so that LibTorch costs nothing to whoever does not use it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "train/trainer.h"

namespace carryscope::train {

struct Engine {
  std::string name = "fused";   // or torch
  std::string device = "auto";  // auto, cpu, cuda; the fused engine runs on the processor
};

// Throws InputError: an unknown name, a device that the engine or the machine does not have, an engine that
// this build lacks, a configuration that the engine has no form for.
std::unique_ptr<Trainer> make_trainer(const Engine& engine, const model::Config& config, const Recipe& recipe,
                                      std::span<const std::uint64_t> seeds);

// What fixes the engine's rounding, for records: "fused avx2", "torch".
std::string describe(const Engine& engine);

}  // namespace carryscope::train
