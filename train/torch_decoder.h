// TorchDecoder: the factored models of a population in LibTorch operations, for autograd.
//
// The members' parameters are one tensor [members, parameters], each row the tensors of model::parts() one
// after the other; the dense matrices are products of its pieces by model::products(), so ranks and tyings
// exist nowhere else. One batched graph serves all members. Only the positions that generate an answer token
// are queries: nothing else has a loss.
// Compiles with LibTorch 1.13 and 2.x. Training is in torch_trainer.h.
#pragma once

#include <torch/torch.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/parametrisation.h"

namespace carryscope::train {

// auto (CUDA where there is one), cpu or cuda. Throws InputError for other names, and for cuda without one.
torch::Device torch_device(const std::string& name);

torch::Dtype dtype_of(model::Precision precision);

// [members, parameters], of one configuration each.
torch::Tensor flatten(std::span<const model::Factored> members, torch::Dtype dtype);
// The tensors of a row; its values become doubles.
std::vector<model::Tensor> unflatten(const model::Config& config, const torch::Tensor& row);

class TorchDecoder {
 public:
  // At least one member, all of one configuration.
  TorchDecoder(std::span<const model::Factored> members, torch::Device device, torch::Dtype dtype);

  // The leaf that autograd differentiates by: [members, parameters].
  const torch::Tensor& parameters() const { return parameters_; }

  // Sequences [members, batch, input_length] of int64 on the device -> [members, batch, steps, vocabulary]
  torch::Tensor logits(const torch::Tensor& tokens) const;

  // Sequences with their last token [members, batch, input_length + 1], weights [steps] -> the loss of
  // recipe.h, [members]
  torch::Tensor losses(const torch::Tensor& sequences, const torch::Tensor& step_weights) const;

  model::Factored factored(int member) const;
  const model::Layout& layout() const { return architecture_.layout; }
  torch::TensorOptions options() const { return parameters_.options().requires_grad(false); }

 private:
  using Matrices = std::map<model::Dense, torch::Tensor>;  // each [members, rows, columns]

  Matrices matrices() const;
  torch::Tensor embed(const Matrices& w, const torch::Tensor& tokens) const;
  torch::Tensor attend(const Matrices& w, const torch::Tensor& residual, const torch::Tensor& asking) const;
  torch::Tensor normalise(const torch::Tensor& x, const Matrices& w, model::Dense weight,
                          model::Dense bias) const;

  model::Config config_;
  model::Decoder architecture_;  // without weights
  std::vector<model::Part> parts_;
  std::vector<model::Product> products_;
  torch::Tensor parameters_;
  torch::Tensor mask_;  // [steps, input_length]: 0, or -infinity where the key lies in the query's future
};

}  // namespace carryscope::train
