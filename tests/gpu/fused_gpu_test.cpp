// The fused step on a GPU against the processor's, on the same batches and weights. Without a GPU every
// case is skipped, and says why.
#include "train/fused_gpu.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/error.h"
#include "train/counter_random.h"
#include "train/fused_model.h"
#include "train/initialise.h"

namespace carryscope::train {
namespace {

constexpr int kBatch = 50, kMembers = 3, kSteps = 5;

std::vector<model::Pair> batch_of(int member, int step) {
  CounterRandom random(static_cast<std::uint64_t>(100 * member + step));
  std::vector<model::Pair> out(kBatch);
  for (model::Pair& pair : out) pair = {random.below(10'000'000'000), random.below(10'000'000'000)};
  return out;
}

FusedStep step_number(int number, int tokens) {
  FusedStep step{1e-3F, 0.9F, 0.999F, 1e-8F, 0.01F, 1.0F};
  step.correction1 = static_cast<float>(1 - std::pow(0.9, number + 1));
  step.correction2 = static_cast<float>(1 - std::pow(0.999, number + 1));
  std::fill_n(step.share, tokens, 1.0F / static_cast<float>(tokens));
  return step;
}

double distance(std::span<const float> x, std::span<const float> y) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    difference += std::pow(static_cast<double>(x[i]) - static_cast<double>(y[i]), 2);
    size += std::pow(static_cast<double>(x[i]), 2);
  }
  return std::sqrt(difference / size);
}

class FusedGpu : public testing::TestWithParam<const char*> {};

TEST_P(FusedGpu, FollowsTheProcessor) {
  if (const std::string missing = gpu_missing(); !missing.empty()) GTEST_SKIP() << "no GPU: " << missing;
  const model::Config config = model::preset(GetParam());
  FusedPopulation population(config, kBatch, kMembers);
  std::vector<FusedModel> models;
  for (int i = 0; i < kMembers; ++i) {
    models.emplace_back(config, kBatch);
    copy(initialise(config, static_cast<std::uint64_t>(i), 0.5).tensors, models.back().parameters());
    population.set_parameters(i, models.back().parameters());
  }
  for (int t = 0; t < kSteps; ++t) {
    for (int i = 0; i < kMembers; ++i) population.read(i, batch_of(i, t));
    const FusedStep step = step_number(t, population.shape().steps);
    const std::vector<FusedResult> results = population.run(step);
    for (int i = 0; i < kMembers; ++i) {
      FusedModel& one = models[static_cast<std::size_t>(i)];
      one.read(batch_of(i, t));
      const FusedResult expected = one.run(step);
      EXPECT_NEAR(results[static_cast<std::size_t>(i)].loss, expected.loss, 1e-5F * expected.loss);
      EXPECT_LT(distance(one.gradient(), population.gradient(i)), 1e-4) << "step " << t << ", member " << i;
      EXPECT_LT(distance(one.parameters(), population.parameters(i)), 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Presets, FusedGpu, testing::Values("271", "311", "456", "512", "973"));

TEST(FusedGpu, WithoutAGpuAPopulationIsRefused) {
  if (gpu_missing().empty()) GTEST_SKIP() << "there is a GPU";
  try {
    FusedPopulation population(model::preset("311"), kBatch, 1);
    FAIL() << "a population without a GPU";
  } catch (const model::InputError& error) {
    EXPECT_NE(std::string(error.what()).find("train on the processor"), std::string::npos);
  }
}

}  // namespace
}  // namespace carryscope::train
