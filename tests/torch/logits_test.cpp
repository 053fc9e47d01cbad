// Our forward pass against LibTorch's operations: random weights of every preset and every way of tying,
// and the public checkpoints.
#include <caffe2/serialize/inline_container.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import_read.h>
#include <torch/torch.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <random>

#include "model/addition.h"
#include "model/checkpoint/checkpoint.h"
#include "model/config.h"
#include "model/forward.h"
#include "model/parametrisation.h"
#include "tests/torch/random_weights.h"
#include "tests/torch/seeds_decoder.h"

namespace carryscope::model {
namespace {

using torch_peer::random_weights;
using torch_peer::SeedsDecoder;
using torch_peer::Tensors;

constexpr int kPairs = 24;
constexpr std::uint64_t kSeed = 20260727;

Tensors to_torch(const Factored& model) {
  Tensors out;
  for (const Tensor& t : model.tensors)
    out[t.name] = torch::tensor(t.values, torch::kFloat64)
                      .reshape(std::vector<std::int64_t>(t.shape.begin(), t.shape.end()));
  return out;
}

std::vector<std::int64_t> random_tokens(const Layout& layout, std::mt19937_64& random) {
  const std::uint64_t range = power_of_ten(layout.digits);
  const Pair pair{random() % range, random() % range};
  const std::vector<int> tokens = tokenise(layout, pair);
  return {tokens.begin(), tokens.begin() + layout.input_length()};
}

// Both return logits as one row, [pair][position][token]; tokens are [pair][position].
std::vector<double> torch_logits(const Factored& model, const torch::Tensor& tokens, torch::Dtype dtype) {
  const SeedsDecoder decoder(to_torch(model), model.config.heads, dtype);
  const auto logits = decoder(tokens).to(torch::kFloat64).contiguous();
  return {logits.data_ptr<double>(), logits.data_ptr<double>() + logits.numel()};
}

template <class T>
std::vector<double> our_logits(const Decoder& decoder, const std::vector<std::int64_t>& tokens) {
  Forward<T> forward(decoder);
  const auto length = static_cast<std::size_t>(decoder.layout.input_length());
  std::vector<double> out;
  for (std::size_t start = 0; start < tokens.size(); start += length) {
    const std::vector<int> sequence(tokens.data() + start, tokens.data() + start + length);
    for (const T logit : forward.logits(sequence)) out.push_back(static_cast<double>(logit));
  }
  return out;
}

double root_mean_square(const std::vector<double>& x, const std::vector<double>& y) {
  EXPECT_EQ(x.size(), y.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
  return std::sqrt(sum / static_cast<double>(x.size()));
}

// In double both are the same function, up to rounding. In float two honest evaluations of a trained
// model differ by some 1e-5 of its largest logit, so the measure is LibTorch itself: ours must be about
// as near to the double result as its own float is. (NaN fails both.)
void expect_agreement(const Factored& model, std::mt19937_64& random) {
  const Decoder decoder = multiply_out(model);
  std::vector<std::int64_t> tokens;
  for (int i = 0; i < kPairs; ++i) {
    const auto sequence = random_tokens(decoder.layout, random);
    tokens.insert(tokens.end(), sequence.begin(), sequence.end());
  }
  const auto batch = torch::tensor(tokens, torch::kInt64).view({kPairs, -1});
  const auto exact = torch_logits(model, batch, torch::kFloat64);
  const double scale = root_mean_square(exact, std::vector<double>(exact.size()));
  EXPECT_LT(root_mean_square(our_logits<double>(decoder, tokens), exact), 1e-12 * scale);

  const double theirs = root_mean_square(torch_logits(model, batch, torch::kFloat32), exact);
  const double ours = root_mean_square(our_logits<float>(decoder, tokens), exact);
  std::cout << "float from double, over the logits' root mean square: ours " << ours / scale << ", LibTorch "
            << theirs / scale << '\n';
  EXPECT_LT(ours, 2 * theirs);
  EXPECT_LT(theirs, 1e-3 * scale);
}

TEST(LibTorchLogits, RandomWeightsOfEveryPreset) {
  torch::NoGradGuard no_gradients;
  std::mt19937_64 random(kSeed);
  for (const Preset& row : presets()) {
    SCOPED_TRACE(testing::Message() << "preset " << row.name << ", seed " << kSeed);
    const Factored model = random_weights(row.config, random);
    expect_agreement(model, random);
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
        expect_agreement(model, random);
      }
}

class PublicCheckpoint : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(PublicCheckpoint, HasTheSameLogits) {
  const std::string path = std::string(CARRYSCOPE_SHARED_DIR "/checkpoints/") + GetParam().first;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  torch::NoGradGuard no_gradients;
  std::mt19937_64 random(kSeed + 2);
  const Checkpoint checkpoint = load(path);
  ASSERT_TRUE(checkpoint.factored.has_value());
  EXPECT_EQ(checkpoint.factored->config, preset(GetParam().second));
  expect_agreement(*checkpoint.factored, random);
}

INSTANTIATE_TEST_SUITE_P(LibTorchLogits, PublicCheckpoint,
                         testing::Values(std::pair{"best_311p_s34.pt", "311"},
                                         std::pair{"best_456p_s43.pt", "456"},
                                         std::pair{"best_512params.pt", "512"}),
                         [](const auto& row) { return "preset" + std::string(row.param.second); });

}  // namespace
}  // namespace carryscope::model
