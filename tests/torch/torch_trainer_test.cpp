// The LibTorch trainer against LibTorch's own optimiser, clipping and loss on a module that shares nothing
// with ours; resuming; divergence.
#include "train/torch_trainer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <iostream>
#include <limits>

#include "model/error.h"
#include "tests/torch/random_weights.h"
#include "tests/torch/seeds_decoder.h"
#include "train/curriculum.h"
#include "train/initialise.h"
#include "train/schedule.h"
#include "train/torch_batch.h"

namespace carryscope::train {
namespace {

using model::Config;
using model::Factored;
using model::InputError;
using model::Precision;

Recipe short_recipe() {
  Recipe recipe;
  recipe.steps = 60, recipe.batch = 32, recipe.warmup = 10;
  recipe.curriculum = {{20, 3}, {60, 10}};
  return recipe;
}

// The recipe in LibTorch's own words, in float64.
class Peer {
 public:
  Peer(const Config& config, const Recipe& recipe, std::uint64_t seed)
      : recipe_(recipe),
        layout_(model::Layout::seeds(config.digits)),
        curriculum_(recipe, config.digits, seed) {
    for (const model::Tensor& t : initialise(config, seed).tensors) {
      const std::vector<std::int64_t> shape(t.shape.begin(), t.shape.end());
      tensors_[t.name] = torch::tensor(t.values, torch::kFloat64).reshape(shape).requires_grad_(true);
      leaves_.push_back(tensors_[t.name]);
    }
    const auto options = torch::optim::AdamWOptions(recipe.peak_rate)
                             .betas({recipe.beta1, recipe.beta2})
                             .eps(recipe.epsilon)
                             .weight_decay(recipe.weight_decay);
    optimiser_ = std::make_unique<torch::optim::AdamW>(leaves_, options);
  }

  double step() {
    std::vector<model::Pair> pairs(static_cast<std::size_t>(recipe_.batch));
    curriculum_.batch(step_, pairs);
    const auto tokens = sequences(layout_, pairs).to(torch::kInt64);
    const auto prompt = static_cast<std::int64_t>(layout_.prompt.size());
    const auto logits =
        torch_peer::SeedsDecoder(tensors_, 1, torch::kFloat64)(tokens.slice(1, 0, layout_.input_length()));
    const auto loss = torch::nn::functional::cross_entropy(logits.slice(1, prompt - 1).reshape({-1, 14}),
                                                           tokens.slice(1, prompt).reshape({-1}));
    optimiser_->zero_grad();
    loss.backward();
    torch::nn::utils::clip_grad_norm_(leaves_, recipe_.clip);
    for (auto& group : optimiser_->param_groups())
      static_cast<torch::optim::AdamWOptions&>(group.options()).lr(learning_rate(recipe_, step_));
    optimiser_->step();
    ++step_;
    return loss.item<double>();
  }

  const torch::Tensor& at(const std::string& name) const { return tensors_.at(name); }

 private:
  Recipe recipe_;
  model::Layout layout_;
  Curriculum curriculum_;
  torch_peer::Tensors tensors_;
  std::vector<torch::Tensor> leaves_;
  std::unique_ptr<torch::optim::AdamW> optimiser_;
  std::int64_t step_ = 0;
};

double largest_distance(const Factored& ours, const Peer& peer) {
  double most = 0;
  for (const model::Tensor& t : ours.tensors) {
    const auto theirs = peer.at(t.name).detach().flatten().contiguous();
    for (std::size_t i = 0; i < t.values.size(); ++i)
      most = std::max(most, std::abs(t.values[i] - theirs.data_ptr<double>()[i]));
  }
  return most;
}

// In float64: training from such small embeddings is chaotic, so that two float32 evaluations, of two
// processors even, part within some tens of steps. Clipping acts at every step, and the decay can be seen.
TEST(TorchTrainer, FollowsLibTorchsOwnOptimiser) {
  constexpr std::uint64_t kSeed = 36;
  Recipe recipe;
  recipe.batch = 32, recipe.clip = 0.5, recipe.weight_decay = 0.1;
  recipe.curriculum = {{20, 3}, {40, 10}};
  for (const char* name : {"777", "512", "456", "311"}) {
    SCOPED_TRACE(name);
    const Config& config = model::preset(name);
    const auto trainer = make_torch_trainer(config, recipe, {&kSeed, 1}, "cpu", Precision::float64);
    Peer peer(config, recipe, kSeed);
    double worst = 0;
    for (int k = 0; k < 40; ++k) {
      const double theirs = peer.step();
      worst = std::max(worst, std::abs(trainer->step()[0] - theirs));
    }
    const double distance = largest_distance(trainer->model(0), peer);
    std::cout << name << ": losses differ by at most " << worst << ", parameters by " << distance << '\n';
    EXPECT_LT(worst, 1e-11);
    EXPECT_LT(distance, 1e-11);
  }
}

TEST(TorchTrainer, Learns) {
  constexpr std::uint64_t kSeed = 36;
  const auto trainer = make_torch_trainer(model::preset("512"), short_recipe(), {&kSeed, 1}, "cpu");
  const double before = trainer->step()[0];
  for (int k = 0; k < 15; ++k) trainer->step();
  EXPECT_LT(trainer->step()[0], 0.7 * before);
}

std::vector<std::vector<double>> run(Trainer& trainer, int steps) {
  std::vector<std::vector<double>> losses;
  for (int k = 0; k < steps; ++k) losses.push_back(trainer.step());
  return losses;
}

void expect_same(const std::vector<model::Tensor>& x, const std::vector<model::Tensor>& y) {
  ASSERT_EQ(x.size(), y.size());
  for (std::size_t t = 0; t < x.size(); ++t) EXPECT_EQ(x[t].values, y[t].values) << x[t].name;
}

void expect_same(const State& x, const State& y) {
  EXPECT_EQ(x.step, y.step);
  ASSERT_EQ(x.members.size(), y.members.size());
  for (std::size_t i = 0; i < x.members.size(); ++i) {
    expect_same(x.members[i].parameters.tensors, y.members[i].parameters.tensors);
    expect_same(x.members[i].first, y.members[i].first);
    expect_same(x.members[i].second, y.members[i].second);
    EXPECT_EQ(x.members[i].diverged, y.members[i].diverged);
  }
}

TEST(TorchTrainer, ResumesToTheLastBit) {
  const std::vector<std::uint64_t> seeds = {3, 4};
  const Config& config = model::preset("311");
  const auto whole = make_torch_trainer(config, short_recipe(), seeds, "cpu");
  run(*whole, 15);
  const State state = whole->state();
  const auto rest = run(*whole, 15);

  const auto resumed = make_torch_trainer(config, short_recipe(), seeds, "cpu");
  resumed->restore(state, "state");
  EXPECT_EQ(resumed->steps_done(), 15);
  EXPECT_EQ(run(*resumed, 15), rest);
  expect_same(resumed->state(), whole->state());
}

TEST(TorchTrainer, AMemberTrainsAsItWouldAlone) {
  const std::vector<std::uint64_t> seeds = {3, 4, 5};
  const Config& config = model::preset("456");
  const auto together = make_torch_trainer(config, short_recipe(), seeds, "cpu", Precision::float64);
  EXPECT_EQ(together->population(), 3);
  const auto losses = run(*together, 20);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const auto alone = make_torch_trainer(config, short_recipe(), {&seeds[i], 1}, "cpu", Precision::float64);
    for (const auto& row : losses) EXPECT_NEAR(alone->step()[0], row[i], 1e-11);
  }
}

TEST(TorchTrainer, AMemberThatDivergesStopsAlone) {
  const std::vector<std::uint64_t> seeds = {3, 4};
  const Config& config = model::preset("456");
  const auto sound = make_torch_trainer(config, short_recipe(), seeds, "cpu");
  State state = sound->state();
  for (model::Tensor& t : state.members[1].parameters.tensors)
    if (t.name == "ln_f.weight") t.values.assign(t.values.size(), 3e38F);
  const auto spoilt = make_torch_trainer(config, short_recipe(), seeds, "cpu");
  spoilt->restore(state, "state");
  for (int k = 0; k < 5; ++k) {
    const auto expected = sound->step(), losses = spoilt->step();
    EXPECT_EQ(losses[0], expected[0]);
    EXPECT_TRUE(std::isnan(losses[1]));
  }
  const State after = spoilt->state();
  EXPECT_EQ(after.step, 5);
  expect_same(after.members[1].parameters.tensors, state.members[1].parameters.tensors);
  expect_same(after.members[1].first, state.members[1].first);
  EXPECT_TRUE(after.members[1].diverged);
  EXPECT_FALSE(after.members[0].diverged);
  expect_same(after.members[0].parameters.tensors, sound->state().members[0].parameters.tensors);

  // It stays diverged in whoever takes the state over.
  const auto heir = make_torch_trainer(config, short_recipe(), seeds, "cpu");
  heir->restore(after, "state");
  EXPECT_TRUE(std::isnan(heir->step()[1]));
}

TEST(TorchTrainer, RefusesStatesThatDoNotFit) {
  const std::vector<std::uint64_t> seeds = {3, 4};
  const auto trainer = make_torch_trainer(model::preset("311"), short_recipe(), seeds, "cpu");
  const State before = trainer->state();
  State fewer = before, other = before, missing = before, negative = before;
  fewer.members.pop_back();
  other.members[1] =
      make_torch_trainer(model::preset("303"), short_recipe(), seeds, "cpu")->state().members[1];
  missing.members[0].first.pop_back();
  negative.members[1].second[0].values[0] = -1;
  for (const auto& [state, names] : {std::pair{fewer, "1 models"},
                                     {other, "model 1"},
                                     {missing, "first moments of model 0"},
                                     {negative, "second moments of model 1"}})
    try {
      trainer->restore(state, "runs/x/last.state");
      ADD_FAILURE() << names;
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).find("runs/x/last.state: "), 0U) << error.what();
      EXPECT_NE(std::string(error.what()).find(names), std::string::npos) << error.what();
    }
  expect_same(trainer->state(), before);
}

TEST(TorchTrainer, AGpuFollowsTheProcessor) {
  if (!torch_has_cuda()) GTEST_SKIP() << "LibTorch finds no CUDA device here";
  const std::vector<std::uint64_t> seeds = {3, 4};
  const auto gpu =
      make_torch_trainer(model::preset("456"), short_recipe(), seeds, "cuda", Precision::float64);
  const auto cpu = make_torch_trainer(model::preset("456"), short_recipe(), seeds, "cpu", Precision::float64);
  for (int k = 0; k < 20; ++k) {
    const auto ours = gpu->step(), expected = cpu->step();
    for (std::size_t i = 0; i < seeds.size(); ++i) EXPECT_NEAR(ours[i], expected[i], 1e-9);
  }
}

}  // namespace
}  // namespace carryscope::train
