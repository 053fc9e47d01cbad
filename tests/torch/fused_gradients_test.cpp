// The fused kernel's loss and gradients against LibTorch's autograd in double, for every configuration that
// it has a form for, on every instruction set that this processor runs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <limits>

#include "model/error.h"
#include "tests/torch/random_weights.h"
#include "train/fused_model.h"
#include "train/initialise.h"
#include "train/torch_gradients.h"

namespace carryscope::train {
namespace {

using model::Config;
using model::Factored;
using model::NormType;
using model::Pair;
using model::Precision;
using torch_peer::random_pairs;
using torch_peer::random_weights;

constexpr std::uint64_t kSeed = 20261123;
// The bound on a tensor's gradient, in the Euclidean norm: 1e-5 relative. Where a residual comes close to 0
// before a norm, rounding the weights alone changes the gradient by more than that; there, a multiple of it.
constexpr double kRelative = 1e-5, kRoundings = 10;

// Every preset, and every tying, whole and of rank 3, with both norms at the presets' two widths.
std::vector<Config> configurations() {
  std::vector<Config> out;
  for (const model::Preset& row : model::presets()) out.push_back(row.config);
  for (const char* base : {"512", "311"})
    for (const model::TyingRow& row : model::tyings())
      for (const int rank : {0, 3})
        for (const NormType norm : {NormType::rms, NormType::layer}) {
          if (rank == 0 && row.whole[0].empty()) continue;
          Config config = model::preset(base);
          config.tying = row.mode;
          config.pos_rank = config.qkv_rank = config.attn_out_rank = config.ffn_rank = rank;
          config.norm = norm, config.norm_eps = model::family_eps(norm);
          out.push_back(config);
        }
  for (const int digits : {1, 2, 5, 18}) {
    out.push_back(model::preset("311"));
    out.back().digits = digits, out.back().context = 3 * digits + 3 + digits % 2;
  }
  return out;
}

std::string described(const Config& c) {
  return fmt::format("{} parameters, digits {}, width {}, tying {}, ranks {} {} {} {}, {}",
                     model::parameters(c), c.digits, c.width, model::tying(c.tying).name, c.pos_rank,
                     c.qkv_rank, c.attn_out_rank, c.ffn_rank, c.norm == NormType::rms ? "rms" : "layer");
}

struct Task {
  Factored model;
  std::vector<Pair> pairs;
  std::vector<double> step_weights;
};

LossAndGradients fused(const Task& task, const InstructionSet& isa) {
  FusedModel fused_model(task.model.config, static_cast<int>(task.pairs.size()), isa);
  copy(task.model.tensors, fused_model.parameters());
  fused_model.read(task.pairs);
  FusedStep step;
  step.update = false;
  for (std::size_t t = 0; t < task.step_weights.size(); ++t)
    step.share[t] = static_cast<float>(task.step_weights[t] / static_cast<double>(task.step_weights.size()));
  const FusedResult result = fused_model.run(step);
  LossAndGradients out{static_cast<double>(result.loss), task.model.tensors};
  copy(fused_model.gradient(), out.gradients);
  return out;
}

double norm(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return std::sqrt(sum);
}

// For each tensor, |found - exact| / |exact|.
std::vector<double> errors(const LossAndGradients& found, const LossAndGradients& exact) {
  std::vector<double> out;
  for (std::size_t t = 0; t < exact.gradients.size(); ++t) {
    std::vector<double> difference = found.gradients[t].values;
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= exact.gradients[t].values[i];
    out.push_back(norm(difference) / norm(exact.gradients[t].values));
  }
  return out;
}

struct Reference {
  LossAndGradients exact;
  std::vector<double> sensitivity;  // what one rounding of each weight does to each gradient, relatively
};

// Each weight moved by up to half a float32 ulp, relatively.
Factored jittered(Factored model, std::mt19937_64& random) {
  std::uniform_real_distribution<double> half_ulp(-0x1p-24, 0x1p-24);
  for (model::Tensor& t : model.tensors)
    for (double& v : t.values) v *= 1 + half_ulp(random);
  return model;
}

std::vector<Reference> references(const std::vector<Task>& tasks) {
  std::mt19937_64 random(kSeed);
  std::vector<Reference> out;
  for (const Task& task : tasks) {
    const auto gradients = [&](const Factored& model) {
      return loss_and_gradients(model, task.pairs, task.step_weights, Precision::float64);
    };
    const LossAndGradients exact = gradients(task.model);
    std::vector<double> sensitivity(exact.gradients.size());
    for (int i = 0; i < 4; ++i) {
      const std::vector<double> moved = errors(gradients(jittered(task.model, random)), exact);
      for (std::size_t t = 0; t < moved.size(); ++t) sensitivity[t] = std::max(sensitivity[t], moved[t]);
    }
    out.push_back({exact, sensitivity});
  }
  return out;
}

void expect_autograds(const std::vector<Task>& tasks) {
  const std::vector<Reference> expected = references(tasks);
  ASSERT_FALSE(instruction_sets().empty());
  for (const InstructionSet& isa : instruction_sets()) {
    int tensors = 0, ill_conditioned = 0;
    double worst = 0, ratio = 0;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      SCOPED_TRACE(fmt::format("{}, {}, seed {}", described(tasks[i].model.config), isa.name, kSeed));
      const LossAndGradients found = fused(tasks[i], isa);
      EXPECT_NEAR(found.loss, expected[i].exact.loss, 1e-6 * expected[i].exact.loss);
      const std::vector<double> ours = errors(found, expected[i].exact);
      for (std::size_t t = 0; t < ours.size(); ++t, ++tensors) {
        const double sensitivity = expected[i].sensitivity[t];
        EXPECT_LT(ours[t], std::max(kRelative, kRoundings * sensitivity)) << found.gradients[t].name;
        if (kRoundings * sensitivity > kRelative)
          ++ill_conditioned, ratio = std::max(ratio, ours[t] / sensitivity);
        else
          worst = std::max(worst, ours[t]);
      }
    }
    std::cout << fmt::format(
        "{}: {} gradients; relative error at most {:.1e}, but for {} which rounded weights change by 1e-6 or "
        "more: at most {:.1f} times that\n",
        isa.name, tensors, worst, ill_conditioned, ratio);
    EXPECT_LT(ill_conditioned, tensors / 2);
  }
}

// At the start of training, where gradients are small, with a batch that fills no vector.
TEST(FusedGradients, OfInitialWeights) {
  std::mt19937_64 random(kSeed);
  std::vector<Task> tasks;
  for (const Config& config : configurations())
    tasks.push_back({initialise(config, kSeed), random_pairs(37, config.digits, random),
                     std::vector<double>(static_cast<std::size_t>(config.digits) + 2, 1.0)});
  expect_autograds(tasks);
}

// Sharp attention, all kinds of norms' weights, and step weights that differ.
TEST(FusedGradients, OfRandomWeights) {
  std::mt19937_64 random(kSeed);
  std::vector<Task> tasks;
  for (const Config& config : configurations()) {
    std::vector<double> weights(static_cast<std::size_t>(config.digits) + 2);
    for (double& w : weights) w = static_cast<double>(random() % 4) / 2;
    weights[0] = 1;
    tasks.push_back({random_weights(config, random, 0.5F), random_pairs(64, config.digits, random), weights});
  }
  expect_autograds(tasks);
}

}  // namespace
}  // namespace carryscope::train
