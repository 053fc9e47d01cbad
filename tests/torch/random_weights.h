// Models with random float32 weights, large enough that attention is far from uniform, and random pairs.
#pragma once

#include <random>
#include <vector>

#include "model/addition.h"
#include "model/parametrisation.h"

namespace carryscope::torch_peer {

// Norm weights and biases are random, too.
inline model::Factored random_weights(const model::Config& config, std::mt19937_64& random,
                                      float spread = 0.7F) {
  std::normal_distribution<float> normal(0.0F, spread);
  std::vector<model::Tensor> tensors;
  for (const model::Part& part : model::parts(config)) {
    model::Tensor tensor{part.name, {}, std::vector<double>(part.size())};
    if (part.rows != 0) tensor.shape.push_back(part.rows);
    tensor.shape.push_back(part.cols);
    for (double& v : tensor.values) v = static_cast<double>(normal(random));
    tensors.push_back(std::move(tensor));
  }
  return model::assemble(config, model::Precision::float32, std::move(tensors), "random weights");
}

inline std::vector<model::Pair> random_pairs(std::size_t count, int digits, std::mt19937_64& random) {
  std::vector<model::Pair> pairs(count);
  const std::uint64_t range = model::power_of_ten(digits);
  for (model::Pair& pair : pairs) pair = {random() % range, random() % range};
  return pairs;
}

// Each preset, each tying at ranks 0 (where it has whole maps), 1 and 3, both norms, one and two heads, every
// activation, and layouts of few and many digits.
inline std::vector<model::Config> every_kind() {
  std::vector<model::Config> out;
  for (const model::Preset& row : model::presets()) out.push_back(row.config);
  for (const model::TyingRow& row : model::tyings())
    for (const int rank : {0, 1, 3}) {
      if (rank == 0 && row.whole[0].empty()) continue;
      model::Config config = model::preset("512");
      config.tying = row.mode;
      config.pos_rank = config.qkv_rank = config.attn_out_rank = config.ffn_rank = rank;
      config.width = 6, config.heads = rank == 3 ? 2 : 1;
      config.norm = rank == 1 ? model::NormType::rms : model::NormType::layer;
      config.norm_eps = model::family_eps(config.norm);
      out.push_back(config);
    }
  for (const auto activation :
       {model::Activation::gelu_tanh, model::Activation::relu, model::Activation::silu}) {
    out.push_back(model::preset("311"));
    out.back().activation = activation;
  }
  for (const int digits : {1, 4, 18}) {
    out.push_back(model::preset("311"));
    out.back().digits = digits;
    out.back().context = 3 * digits + 3;
  }
  return out;
}

}  // namespace carryscope::torch_peer
