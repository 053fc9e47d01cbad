// One forward and one backward pass of a population of one.
#include "train/torch_gradients.h"

#include "train/torch_batch.h"
#include "train/torch_decoder.h"

namespace carryscope::train {

LossAndGradients loss_and_gradients(const model::Factored& model, std::span<const model::Pair> pairs,
                                    std::span<const double> weights, model::Precision precision) {
  const TorchDecoder decoder({&model, 1}, torch::kCPU, dtype_of(precision));
  const auto batch = sequences(decoder.layout(), pairs).to(torch::kInt64).unsqueeze(0);
  const auto loss = decoder.losses(batch, step_weights(decoder.layout(), weights, decoder.options())).sum();
  loss.backward();
  return {loss.item<double>(), unflatten(model.config, decoder.parameters().grad()[0])};
}

std::vector<double> answer_logits(const model::Factored& model, std::span<const model::Pair> pairs,
                                  model::Precision precision) {
  const torch::NoGradGuard no_gradients;
  const TorchDecoder decoder({&model, 1}, torch::kCPU, dtype_of(precision));
  const auto batch = sequences(decoder.layout(), pairs).to(torch::kInt64).unsqueeze(0);
  const auto inputs = batch.slice(2, 0, decoder.layout().input_length());
  const auto logits = decoder.logits(inputs).to(torch::kFloat64).contiguous();
  return {logits.data_ptr<double>(), logits.data_ptr<double>() + logits.numel()};
}

}  // namespace carryscope::train
