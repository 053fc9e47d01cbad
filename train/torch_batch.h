// Pairs and step weights as the tensors that TorchDecoder reads.
#pragma once

#include <torch/torch.h>

#include <span>

#include "model/addition.h"

namespace carryscope::train {

// Prompt and true answer of each pair, int32 on the CPU: [pairs, input_length + 1]
inline torch::Tensor sequences(const model::Layout& layout, std::span<const model::Pair> pairs) {
  const auto length = static_cast<std::size_t>(layout.input_length()) + 1;
  torch::Tensor out =
      torch::empty({static_cast<std::int64_t>(pairs.size()), layout.input_length() + 1}, torch::kInt32);
  const std::span<int> tokens(out.data_ptr<int>(), pairs.size() * length);
  for (std::size_t i = 0; i < pairs.size(); ++i)
    model::tokenise(layout, pairs[i], tokens.subspan(i * length, length));
  return out;
}

// [steps]; empty means all 1.
inline torch::Tensor step_weights(const model::Layout& layout, std::span<const double> weights,
                                  const torch::TensorOptions& options) {
  if (weights.empty()) return torch::ones({layout.steps()}, options);
  return torch::tensor(std::vector<double>(weights.begin(), weights.end()), torch::kFloat64).to(options);
}

}  // namespace carryscope::train
