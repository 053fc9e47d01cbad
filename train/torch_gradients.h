// What LibTorch's forward pass and autograd say about a model on given pairs: the reference that the fused
// trainer is held to. A door without LibTorch's headers; runs on the CPU.
#pragma once

#include <span>
#include <vector>

#include "model/addition.h"
#include "model/parametrisation.h"

namespace carryscope::train {

struct LossAndGradients {
  double loss = 0;                       // recipe.h
  std::vector<model::Tensor> gradients;  // of parts(config), in that order
};

// step_weights: one for each answer token, or empty for all 1. `precision` is what everything is computed in.
LossAndGradients loss_and_gradients(const model::Factored& model, std::span<const model::Pair> pairs,
                                    std::span<const double> step_weights, model::Precision precision);

// Logits of the answer tokens given the true prefix, [pair][step][token].
std::vector<double> answer_logits(const model::Factored& model, std::span<const model::Pair> pairs,
                                  model::Precision precision);

}  // namespace carryscope::train
