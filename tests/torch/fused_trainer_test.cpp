// The fused trainer against the LibTorch trainer on the same batches, from the same weights.
#include "train/fused_trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

#include "train/schedule.h"
#include "train/torch_trainer.h"

namespace carryscope::train {
namespace {

constexpr std::uint64_t kSeed = 36;
constexpr int kSteps = 200;

Recipe small_batches() {
  Recipe recipe;
  recipe.batch = 64;
  return recipe;
}

// Root mean square over all parameters.
double distance(const model::Factored& x, const model::Factored& y) {
  double sum = 0, count = 0;
  for (std::size_t t = 0; t < x.tensors.size(); ++t)
    for (std::size_t i = 0; i < x.tensors[t].values.size(); ++i, ++count) {
      const double d = x.tensors[t].values[i] - y.tensors[t].values[i];
      sum += d * d;
    }
  return std::sqrt(sum / count);
}

// Left alone from the first step on. Width 4 is not here: from its small weights training is so chaotic that
// two float32 evaluations of LibTorch itself part by then.
TEST(FusedTrainer, ItsFirstLossesFollowLibTorchs) {
  for (const char* name : {"777", "512", "456"}) {
    const auto fused = make_fused_trainer(model::preset(name), small_batches(), {&kSeed, 1});
    const auto torch = make_torch_trainer(model::preset(name), small_batches(), {&kSeed, 1}, "cpu");
    double worst = 0, last = 0;
    for (int k = 0; k < kSteps; ++k) {
      last = torch->step()[0];
      worst = std::max(worst, std::abs(fused->step()[0] / last - 1));
      ASSERT_TRUE(std::isfinite(worst)) << "step " << k;
    }
    std::cout << name << ", seed " << kSeed << ": " << kSteps << " losses to " << last
              << ", relative difference at most " << worst << '\n';
    EXPECT_LT(worst, 1e-4) << name;
    EXPECT_LT(last, 1.0) << name;
  }
}

// Every step from LibTorch's own state: each loss and each update by itself. Updates are measured in rates,
// of which Adam's is about one; the decay is large enough to be seen beside it.
TEST(FusedTrainer, EveryStepIsLibTorchs) {
  for (const char* name : {"311", "271"}) {
    Recipe recipe = small_batches();
    recipe.weight_decay = 1;
    const auto fused = make_fused_trainer(model::preset(name), recipe, {&kSeed, 1});
    const auto torch = make_torch_trainer(model::preset(name), recipe, {&kSeed, 1}, "cpu");
    double worst_loss = 0, worst_update = 0, last = 0;
    for (int k = 0; k < kSteps; ++k) {
      fused->restore(torch->state(), "LibTorch's state");
      last = torch->step()[0];
      worst_loss = std::max(worst_loss, std::abs(fused->step()[0] / last - 1));
      const double apart = distance(fused->model(0), torch->model(0)) / learning_rate(recipe, k);
      worst_update = std::max(worst_update, apart);
      ASSERT_TRUE(std::isfinite(worst_loss + worst_update)) << "step " << k;
    }
    std::cout << name << ", seed " << kSeed << ": losses differ by at most " << worst_loss << ", updates by "
              << worst_update << " of the rate\n";
    EXPECT_LT(worst_loss, 1e-6) << name;
    EXPECT_LT(worst_update, 1e-2) << name;
    EXPECT_LT(last, 2.0) << name;
  }
}

}  // namespace
}  // namespace carryscope::train
