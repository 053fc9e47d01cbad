// The fused step on an NVIDIA GPU: one thread block for one model, one launch for a whole population.
//
// The arithmetic is fused_kernel.h's, phase by phase; the phases of a block of threads are tested on the
// processor (tests/train/fused_block_test.cpp). It is compiled for sm_80, sm_90, sm_100 and PTX and has run
// on no GPU so far: the program offers it nowhere, and its test (ctest -L gpu) is skipped where no GPU is.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "train/fused_model.h"

namespace carryscope::train {

// Why this machine can run no kernel; empty where it can.
std::string gpu_missing();

class FusedPopulation {
 public:
  // All weights and moments 0. Throws InputError where there is no GPU, no kernel for the configuration, or
  // too little memory. members >= 1.
  FusedPopulation(const model::Config& config, int batch, int members);
  ~FusedPopulation();

  const FusedShape& shape() const;
  // parts(config) one after the other.
  void set_parameters(int member, std::span<const float> values);
  std::vector<float> parameters(int member) const;
  std::vector<float> gradient(int member) const;

  // The member's batch of the next step; as many pairs as the constructor was told.
  void read(int member, std::span<const model::Pair> pairs);
  // One optimiser step of every member.
  std::vector<FusedResult> run(const FusedStep& step);

 private:
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

}  // namespace carryscope::train
