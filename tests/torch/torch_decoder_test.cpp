// The trainer's module against the canonical decoder, against itself in a population, and its gradients
// against differences.
#include "train/torch_decoder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

#include "model/error.h"
#include "model/forward.h"
#include "tests/torch/random_weights.h"
#include "train/torch_batch.h"
#include "train/torch_gradients.h"

namespace carryscope::train {
namespace {

using model::Config;
using model::Factored;
using model::Pair;
using model::Precision;
using torch_peer::every_kind;
using torch_peer::random_pairs;
using torch_peer::random_weights;

constexpr std::uint64_t kSeed = 20261123;

std::string described(const Config& c) {
  return fmt::format("{} parameters, digits {}, width {}, heads {}, tying {}, ranks {} {} {} {}, seed {}",
                     model::parameters(c), c.digits, c.width, c.heads, model::tying(c.tying).name, c.pos_rank,
                     c.qkv_rank, c.attn_out_rank, c.ffn_rank, kSeed);
}

// The canonical decoder's logits of the answer tokens, as answer_logits() orders them.
std::vector<double> canonical_logits(const Factored& model, std::span<const Pair> pairs) {
  const model::Decoder decoder = model::multiply_out(model);
  model::Forward<double> forward(decoder);
  const model::Layout& layout = decoder.layout;
  std::vector<double> out;
  for (const Pair& pair : pairs) {
    std::vector<int> tokens = model::tokenise(layout, pair);
    tokens.pop_back();
    const std::vector<double> logits = forward.logits(tokens);
    out.insert(out.end(), logits.begin() + layout.query_position(0) * decoder.vocabulary, logits.end());
  }
  return out;
}

double largest(const std::vector<double>& x) {
  double m = 0;
  for (const double v : x) m = std::max(m, std::abs(v));
  return m;
}

double distance(std::vector<double> x, const std::vector<double>& y) {
  EXPECT_EQ(x.size(), y.size());
  bool numbers = true;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] -= y[i], numbers = numbers && std::isfinite(x[i]);
  return numbers ? largest(x) : std::numeric_limits<double>::infinity();
}

TEST(TorchDecoder, LogitsAreTheCanonicalDecoders) {
  std::mt19937_64 random(kSeed);
  double worst = 0;
  for (const Config& config : every_kind()) {
    SCOPED_TRACE(described(config));
    const Factored model = random_weights(config, random, 0.5F);
    const std::vector<Pair> pairs = random_pairs(16, config.digits, random);
    const std::vector<double> expected = canonical_logits(model, pairs);
    const double scale = std::max(1.0, largest(expected));
    EXPECT_LT(distance(answer_logits(model, pairs, Precision::float64), expected), 1e-13 * scale);
    const double single = distance(answer_logits(model, pairs, Precision::float32), expected) / scale;
    EXPECT_LT(single, 1e-5);
    worst = std::max(worst, single);
  }
  std::cout << "float32: at most " << worst << " of the largest logit\n";
}

TEST(TorchDecoder, GivesBackWhatItWasGiven) {
  std::mt19937_64 random(kSeed);
  for (const Config& config : every_kind()) {
    const std::vector<Factored> members = {random_weights(config, random), random_weights(config, random)};
    const TorchDecoder decoder(members, torch::kCPU, torch::kFloat32);
    for (int i = 0; i < 2; ++i) {
      const Factored back = decoder.factored(i), &given = members[static_cast<std::size_t>(i)];
      EXPECT_EQ(back.config, config);
      ASSERT_EQ(back.tensors.size(), given.tensors.size());
      for (std::size_t t = 0; t < given.tensors.size(); ++t) {
        EXPECT_EQ(back.tensors[t].name, given.tensors[t].name);
        EXPECT_EQ(back.tensors[t].shape, given.tensors[t].shape);
        EXPECT_EQ(back.tensors[t].values, given.tensors[t].values);
      }
    }
  }
}

// Three members, each with its own pairs, in one graph: losses and gradients are those of each alone.
void expect_independent_members(const Config& config, std::mt19937_64& random) {
  std::vector<Factored> members;
  std::vector<torch::Tensor> rows;
  std::vector<LossAndGradients> alone;
  std::vector<double> weights(static_cast<std::size_t>(config.digits) + 2);
  for (double& w : weights) w = static_cast<double>(1 + random() % 3);
  const model::Layout layout = model::Layout::seeds(config.digits);
  for (int i = 0; i < 3; ++i) {
    members.push_back(random_weights(config, random));
    const std::vector<Pair> pairs = random_pairs(8, config.digits, random);
    rows.push_back(sequences(layout, pairs));
    alone.push_back(loss_and_gradients(members.back(), pairs, weights, Precision::float64));
  }
  const TorchDecoder decoder(members, torch::kCPU, torch::kFloat64);
  const auto losses =
      decoder.losses(torch::stack(rows).to(torch::kInt64), step_weights(layout, weights, decoder.options()));
  losses.sum().backward();
  for (int i = 0; i < 3; ++i) {
    const LossAndGradients& one = alone[static_cast<std::size_t>(i)];
    EXPECT_NEAR(losses[i].item<double>(), one.loss, 1e-13 * one.loss);
    const auto together = unflatten(config, decoder.parameters().grad()[i]);
    for (std::size_t t = 0; t < together.size(); ++t)
      EXPECT_LT(distance(together[t].values, one.gradients[t].values),
                1e-12 * (1 + largest(one.gradients[t].values)))
          << together[t].name;
  }
}

TEST(TorchDecoder, MembersOfAPopulationAreIndependent) {
  std::mt19937_64 random(kSeed);
  for (const Config& config : every_kind()) {
    SCOPED_TRACE(described(config));
    expect_independent_members(config, random);
  }
}

// The loss in obvious loops over the canonical decoder's logits.
double plain_loss(const Factored& model, std::span<const Pair> pairs, std::span<const double> weights) {
  const model::Layout layout = model::Layout::seeds(model.config.digits);
  const std::vector<double> logits = canonical_logits(model, pairs);
  const auto vocabulary = static_cast<std::size_t>(model.config.vocabulary);
  double sum = 0;
  std::size_t row = 0;
  for (const Pair& pair : pairs) {
    const std::vector<int> tokens = model::tokenise(layout, pair);
    for (int t = 0; t < layout.steps(); ++t, ++row) {
      double total = 0;
      for (std::size_t v = 0; v < vocabulary; ++v) total += std::exp(logits[row * vocabulary + v]);
      const auto target =
          static_cast<std::size_t>(tokens[layout.prompt.size() + static_cast<std::size_t>(t)]);
      sum -= weights[static_cast<std::size_t>(t)] * (logits[row * vocabulary + target] - std::log(total));
    }
  }
  return sum / static_cast<double>(row);
}

// Every parameter of every kind, moved a little both ways.
TEST(TorchDecoder, LossAndGradientsAreThoseOfThePlainLoss) {
  std::mt19937_64 random(kSeed);
  for (const Config& config : every_kind()) {
    SCOPED_TRACE(described(config));
    Factored model = random_weights(config, random, 0.4F);
    const std::vector<Pair> pairs = random_pairs(2, config.digits, random);
    std::vector<double> weights(static_cast<std::size_t>(config.digits) + 2, 1.0);
    weights[1] = 2.5, weights.back() = 0;
    const LossAndGradients found = loss_and_gradients(model, pairs, weights, Precision::float64);
    EXPECT_NEAR(found.loss, plain_loss(model, pairs, weights), 1e-12);
    for (std::size_t t = 0; t < model.tensors.size(); ++t) {
      double& parameter = model.tensors[t].values[random() % model.tensors[t].values.size()];
      const auto index = static_cast<std::size_t>(&parameter - model.tensors[t].values.data());
      const double at = parameter, h = 1e-5;
      parameter = at + h;
      const double above = plain_loss(model, pairs, weights);
      parameter = at - h;
      const double below = plain_loss(model, pairs, weights);
      parameter = at;
      EXPECT_NEAR(found.gradients[t].values[index], (above - below) / (2 * h), 2e-8)
          << model.tensors[t].name << '[' << index << ']';
    }
  }
}

TEST(TorchDecoder, OneStepWeightEachIsWhatNoWeightsMean) {
  std::mt19937_64 random(kSeed);
  const Factored model = random_weights(model::preset("311"), random);
  const std::vector<Pair> pairs = random_pairs(8, 10, random);
  const std::vector<double> ones(12, 1.0);
  EXPECT_EQ(loss_and_gradients(model, pairs, {}, Precision::float32).loss,
            loss_and_gradients(model, pairs, ones, Precision::float32).loss);
}

TEST(TorchDevice, NamesAreChecked) {
  EXPECT_EQ(torch_device("cpu"), torch::Device(torch::kCPU));
  EXPECT_THROW(torch_device("gpu"), model::InputError);
  if (!torch::cuda::is_available()) {
    EXPECT_EQ(torch_device("auto"), torch::Device(torch::kCPU));
    EXPECT_THROW(torch_device("cuda"), model::InputError);
  }
}

TEST(TorchDecoder, LogitsOnAGpuAreTheCanonicalDecoders) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "LibTorch finds no CUDA device here";
  std::mt19937_64 random(kSeed);
  const torch::NoGradGuard no_gradients;
  for (const Config& config : every_kind()) {
    SCOPED_TRACE(described(config));
    const Factored model = random_weights(config, random, 0.5F);
    const std::vector<Pair> pairs = random_pairs(16, config.digits, random);
    const TorchDecoder decoder({&model, 1}, torch::kCUDA, torch::kFloat64);
    const auto batch = sequences(decoder.layout(), pairs).unsqueeze(0).to(torch::kCUDA, torch::kInt64);
    const auto logits =
        decoder.logits(batch.slice(2, 0, decoder.layout().input_length())).to(torch::kCPU).contiguous();
    const std::vector<double> expected = canonical_logits(model, pairs);
    EXPECT_LT(distance({logits.data_ptr<double>(), logits.data_ptr<double>() + logits.numel()}, expected),
              1e-12 * std::max(1.0, largest(expected)));
  }
}

}  // namespace
}  // namespace carryscope::train
