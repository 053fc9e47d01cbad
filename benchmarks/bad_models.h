// Models that add badly, from a seed: random weights, the first steps of a training, and a trained checkpoint
// with noise on its weights. All are float32, as a checkpoint holds them.
#pragma once

#include <cmath>
#include <random>
#include <span>
#include <string>

#include "model/config.h"
#include "model/parametrisation.h"
#include "train/fused_trainer.h"
#include "train/recipe.h"

namespace carryscope::benchmarks {

inline double as_float(double value) { return static_cast<double>(static_cast<float>(value)); }

// Every stored number drawn from N(0, deviation(part)^2); norm weights are 1 plus that.
template <class Deviation>
model::Decoder random_weights(const model::Config& config, unsigned seed, Deviation deviation) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  model::Factored made{config, model::Precision::float32, {}};
  for (const model::Part& part : model::parts(config)) {
    model::Tensor tensor{part.name, {}, {}};
    if (part.rows != 0) tensor.shape.push_back(part.rows);
    tensor.shape.push_back(part.cols);
    const double offset = part.rows == 0 && part.name.ends_with(".weight") ? 1.0 : 0.0;
    for (std::size_t i = 0; i < part.size(); ++i)
      tensor.values.push_back(as_float(offset + deviation(part) * normal(generator)));
    made.tensors.push_back(std::move(tensor));
  }
  return model::multiply_out(made);
}

// As training starts: factors of a linear map with variance 2 / (rows + columns), all else 0.02, norms at 1.
inline double initial_deviation(const model::Part& part) {
  if (part.rows == 0) return 0.0;
  const bool factor = part.name.starts_with("blocks.") && !part.name.ends_with(".weight");
  return factor ? std::sqrt(2.0 / (part.rows + part.cols)) : 0.02;
}

// After so many steps of the paper's recipe.
inline model::Decoder in_training(const model::Config& config, std::uint64_t seed, int steps) {
  const auto trainer = train::make_fused_trainer(config, train::recipe("paper"), std::span(&seed, 1));
  for (int i = 0; i < steps; ++i) trainer->step();
  return model::multiply_out(trainer->model(0));
}

// Every stored number times 1 + relative * N(0, 1).
inline model::Decoder with_noise(model::Factored made, double relative, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  for (model::Tensor& tensor : made.tensors)
    for (double& value : tensor.values) value = as_float(value * (1.0 + relative * normal(generator)));
  return model::multiply_out(made);
}

}  // namespace carryscope::benchmarks
