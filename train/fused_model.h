// FusedModel: one model in the fused trainer, and the choice of the kernel that fits this processor.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "model/pairs.h"
#include "train/fused_shape.h"

namespace carryscope::train {

// One optimiser step on the symbols, parameters and moments in the workspace.
using FusedRun = void(const FusedShape& shape, const FusedWorkspace& work, const FusedStep& step);

// Null where there is no kernel for the size.
FusedRun* fused_portable(int width, int feed_forward);
FusedRun* fused_avx2(int width, int feed_forward);
FusedRun* fused_avx512(int width, int feed_forward);

struct InstructionSet {
  std::string_view name;
  int lanes;
  FusedRun* (*find)(int width, int feed_forward);
};

// Those that this build holds and this processor runs, the widest first.
std::span<const InstructionSet> instruction_sets();

struct FusedResult {
  float loss, gradient_norm;  // before the update; the norm before clipping
};

class FusedModel {
 public:
  // Throws InputError where the kernel has no form for the configuration. All weights and moments 0.
  FusedModel(const model::Config& config, int batch, const InstructionSet& isa = instruction_sets().front());

  const FusedShape& shape() const { return shape_; }
  // parts(config) one after the other.
  std::span<float> parameters() { return all(work_.parameters); }
  std::span<float> first_moment() { return all(work_.first_moment); }
  std::span<float> second_moment() { return all(work_.second_moment); }
  std::span<const float> gradient() const { return all(work_.gradient); }

  // The batch of the next step; as many pairs as the constructor was told.
  void read(std::span<const model::Pair> pairs);
  FusedResult run(const FusedStep& step);

 private:
  std::span<float> all(float* array) const { return {array, static_cast<std::size_t>(shape_.parameters)}; }

  struct Free {
    void operator()(std::byte* memory) const;
  };
  FusedShape shape_;
  FusedRun* run_;
  std::unique_ptr<std::byte, Free> memory_;
  FusedWorkspace work_{};
};

// Fills the workspace's chosen; shape.batch pairs.
void read_batch(const FusedShape& shape, std::span<const model::Pair> pairs, FusedWorkspace& work);

// A model's parameters one after the other, and back; `out` has the parts of the model's configuration.
void copy(const std::vector<model::Tensor>& tensors, std::span<float> out);
void copy(std::span<const float> values, std::vector<model::Tensor>& out);

}  // namespace carryscope::train
