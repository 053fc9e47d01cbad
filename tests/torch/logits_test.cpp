// Our forward pass against LibTorch's operations: random weights of every preset and every way of tying,
// and the public checkpoints as LibTorch's own unpickler reads them.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "model/addition.h"
#include "model/config.h"
#include "model/forward.h"
#include "model/parametrisation.h"
#include "tests/torch/seeds_decoder.h"

namespace carryscope::model {
namespace {

using torch_peer::SeedsDecoder;
using torch_peer::Tensors;

constexpr int kPairs = 24;
constexpr std::uint64_t kSeed = 20260727;

Factored random_weights(const Config& config, std::mt19937_64& random) {
  std::normal_distribution<float> normal(0.0F, 0.7F);  // large enough that attention is far from uniform
  std::vector<Tensor> tensors;
  for (const Part& part : parts(config)) {
    Tensor tensor{part.name, {}, std::vector<double>(part.size())};
    if (part.rows != 0) tensor.shape.push_back(part.rows);
    tensor.shape.push_back(part.cols);
    for (double& v : tensor.values) v = normal(random);
    tensors.push_back(std::move(tensor));
  }
  return assemble(config, Precision::float32, std::move(tensors), "random weights");
}

Tensors to_torch(const Factored& model) {
  Tensors out;
  for (const Tensor& t : model.tensors)
    out[t.name] = torch::tensor(t.values, torch::kFloat64)
                      .reshape(std::vector<std::int64_t>(t.shape.begin(), t.shape.end()));
  return out;
}

std::vector<Tensor> from_torch(const Tensors& tensors) {
  std::vector<Tensor> out;
  for (const auto& [name, tensor] : tensors) {
    const auto flat = tensor.to(torch::kFloat64).contiguous();
    const auto* data = flat.data_ptr<double>();
    std::vector<int> shape;
    for (const auto extent : tensor.sizes()) shape.push_back(static_cast<int>(extent));
    out.push_back({name, std::move(shape), {data, data + flat.numel()}});
  }
  return out;
}

std::vector<std::int64_t> random_tokens(const Layout& layout, std::mt19937_64& random) {
  const std::uint64_t range = power_of_ten(layout.digits);
  const Pair pair{random() % range, random() % range};
  const std::vector<int> tokens = tokenise(layout, pair);
  return {tokens.begin(), tokens.begin() + layout.input_length()};
}

// The largest |ours - LibTorch's| over the largest |logit|, both computed in T.
template <class T>
double largest_difference(const Factored& model, const Tensors& tensors, std::mt19937_64 random) {
  constexpr auto kType = std::is_same_v<T, float> ? torch::kFloat32 : torch::kFloat64;
  const SeedsDecoder theirs(tensors, model.config.heads, kType);
  const Decoder decoder = multiply_out(model);
  Forward<T> ours(decoder);
  double difference = 0.0, scale = 0.0;
  for (int i = 0; i < kPairs; ++i) {
    auto tokens = random_tokens(decoder.layout, random);
    const auto logits =
        theirs(torch::tensor(tokens, torch::kInt64).unsqueeze(0)).to(torch::kFloat64).contiguous();
    const auto* expected = logits.data_ptr<double>();
    const std::vector<int> narrow(tokens.begin(), tokens.end());
    const std::vector<T> got = ours.logits(narrow);
    EXPECT_EQ(got.size(), static_cast<std::size_t>(logits.numel()));
    for (std::size_t j = 0; j < got.size(); ++j) {
      if (!std::isfinite(expected[j]) || !std::isfinite(static_cast<double>(got[j]))) return INFINITY;
      difference = std::max(difference, std::abs(static_cast<double>(got[j]) - expected[j]));
      scale = std::max(scale, std::abs(expected[j]));
    }
  }
  return difference / scale;
}

void expect_agreement(const Factored& model, const Tensors& tensors, std::mt19937_64& random) {
  EXPECT_LT(largest_difference<double>(model, tensors, random), 1e-12);
  EXPECT_LT(largest_difference<float>(model, tensors, random), 1e-5);
}

TEST(LibTorchLogits, RandomWeightsOfEveryPreset) {
  torch::NoGradGuard no_gradients;
  std::mt19937_64 random(kSeed);
  for (const Preset& row : presets()) {
    SCOPED_TRACE(testing::Message() << "preset " << row.name << ", seed " << kSeed);
    const Factored model = random_weights(row.config, random);
    expect_agreement(model, to_torch(model), random);
  }
}

TEST(LibTorchLogits, RandomWeightsOfEveryTyingRankAndHeadCount) {
  torch::NoGradGuard no_gradients;
  std::mt19937_64 random(kSeed + 1);
  for (const TyingRow& row : tyings())
    for (const int rank : {0, 1, 3})
      for (const int heads : {1, 2}) {
        if (rank == 0 && row.whole[0].empty()) continue;  // this mode needs factors
        SCOPED_TRACE(testing::Message()
                     << row.name << ", rank " << rank << ", heads " << heads << ", seed " << kSeed + 1);
        Config config = preset("311");
        config.tying = row.mode;
        config.heads = heads;
        config.pos_rank = config.qkv_rank = config.attn_out_rank = config.ffn_rank = rank;
        const Factored model = random_weights(config, random);
        expect_agreement(model, to_torch(model), random);
      }
}

// The tensors under model_state, as LibTorch's unpickler reads them.
Tensors unpickle(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  Tensors out;
  for (const auto& entry : torch::pickle_load(bytes).toGenericDict().at("model_state").toGenericDict())
    out[entry.key().toStringRef()] = entry.value().toTensor();
  return out;
}

class PublicCheckpoint : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(PublicCheckpoint, HasTheSameLogits) {
  const std::string path = std::string(CARRYSCOPE_SHARED_DIR "/checkpoints/") + GetParam().first;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  torch::NoGradGuard no_gradients;
  std::mt19937_64 random(kSeed + 2);
  const Tensors stored = unpickle(path);
  const Factored model = assemble(preset(GetParam().second), Precision::float32, from_torch(stored), path);
  expect_agreement(model, stored, random);
}

INSTANTIATE_TEST_SUITE_P(LibTorchLogits, PublicCheckpoint,
                         testing::Values(std::pair{"best_311p_s34.pt", "311"},
                                         std::pair{"best_456p_s43.pt", "456"},
                                         std::pair{"best_512params.pt", "512"}),
                         [](const auto& row) { return "preset" + std::string(row.param.second); });

}  // namespace
}  // namespace carryscope::model
