// Repair of a trained model that noise has damaged, down to a proof that no pair is wrong.
#include "train/repair.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "tests/model/checkpoint_files.h"

namespace carryscope::train {
namespace {

const std::string kModel = CARRYSCOPE_SOURCE_DIR "/checkpoints/311.pt";

model::Factored with_noise(model::Factored model, double deviation, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal(0, deviation);
  for (model::Tensor& tensor : model.tensors)
    for (double& v : tensor.values) v = static_cast<double>(static_cast<float>(v + normal(generator)));
  return model;
}

RepairEvents nothing() {
  return {[](const Round&, const model::Factored&) {}, [](const State&, const nlohmann::json&) {}};
}

TEST(Distance, IsEuclideanOverAllParameters) {
  const model::Factored x = model::testing::random_model(model::preset("311"), 1);
  model::Factored y = x;
  EXPECT_EQ(distance(x, y), 0);
  y.tensors.front().values.front() += 3;
  y.tensors.back().values.back() -= 4;
  EXPECT_NEAR(distance(x, y), 5, 1e-12);
}

TEST(Repair, BringsADamagedModelToZeroProven) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << kModel << " is not there";
  const model::Factored trained = *model::load(kModel).factored;
  ASSERT_TRUE(exact_error(trained, verify::Semantics::float32, 60).proven_right());
  constexpr unsigned kSeed = 1;
  constexpr double kDeviation = 0.01;
  const model::Factored damaged = with_noise(trained, kDeviation, kSeed);
  const double moved = distance(trained, damaged);
  EXPECT_NEAR(moved, kDeviation * std::sqrt(311), 4 * kDeviation / std::sqrt(2)) << "four deviations";

  RepairOptions options;
  options.budget = 20;
  std::vector<double> distances;
  RepairEvents events = nothing();
  events.round = [&](const Round& round, const model::Factored& model) {
    EXPECT_EQ(round.distance, distance(damaged, model));
    distances.push_back(round.distance);
  };
  const Repair repaired = repair(damaged, options, events);
  ASSERT_EQ(distances.size(), repaired.rounds.size());
  EXPECT_EQ(distances.front(), 0);
  EXPECT_GT(repaired.rounds.front().error.at_least, 0u) << "the noise did no damage";
  ASSERT_TRUE(repaired.repaired) << to_string(repaired.rounds[static_cast<std::size_t>(repaired.best)].error);
  EXPECT_GT(repaired.best, 0);
  EXPECT_EQ(distance(damaged, repaired.model), distances[static_cast<std::size_t>(repaired.best)]);
  // Asked anew, not taken from the repair.
  EXPECT_TRUE(exact_error(repaired.model, verify::Semantics::float32, 60).proven_right());
}

TEST(Repair, ARightModelIsLeftAlone) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << kModel << " is not there";
  const model::Factored trained = *model::load(kModel).factored;
  RepairOptions options;
  options.budget = 60;
  const Repair repaired = repair(trained, options, nothing());
  EXPECT_TRUE(repaired.repaired);
  EXPECT_EQ(repaired.rounds.size(), 1u);
  model::testing::expect_same(repaired.model, trained);
}

TEST(Repair, WidensTheSmallestMargin) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << kModel << " is not there";
  const model::Factored trained = *model::load(kModel).factored;
  constexpr double kMargin = 0.4;  // the model's is 0.3466
  RepairOptions options;
  options.budget = 60;
  options.margin = kMargin;
  const Repair widened = repair(trained, options, nothing());
  EXPECT_TRUE(widened.rounds.front().error.proven_right());
  EXPECT_GT(widened.rounds.front().tight->at_least, 0u);
  ASSERT_TRUE(widened.repaired) << widened.rounds.size() << " rounds";
  EXPECT_TRUE(exact_error(widened.model, verify::Semantics::float32, 60).proven_right());
  const auto smallest = verify::certify(model::multiply_out(widened.model), {}).smallest;
  ASSERT_TRUE(smallest);
  EXPECT_GT(smallest->margin.lower(), kMargin);
}

TEST(Repair, GoesOnAfterAKillAsIfNothingHadHappened) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << kModel << " is not there";
  const model::Factored trained = *model::load(kModel).factored;
  RepairOptions options;
  options.budget = 60;  // none is cut short, so both see the same cubes
  options.margin = 1;   // out of reach in so few rounds
  options.rounds = 4, options.steps = 300, options.patience = 2;
  const Repair whole = repair(trained, options, nothing());
  ASSERT_EQ(whole.rounds.size(), 5u) << "was repaired too soon for this test";

  State state;
  nlohmann::json rest;
  model::Factored best;
  RepairEvents events;
  events.round = [&](const Round& round, const model::Factored& model) {
    if (round.best) best = model;
  };
  events.state = [&](const State& now, const nlohmann::json& of_repair) { state = now, rest = of_repair; };
  options.rounds = 2;
  repair(trained, options, events);
  options.rounds = 4;
  const Repair resumed = resume_repair(trained, options, nothing(), best, state,
                                       nlohmann::json::from_cbor(nlohmann::json::to_cbor(rest)));
  ASSERT_EQ(resumed.rounds.size(), whole.rounds.size());
  EXPECT_EQ(resumed.best, whole.best);
  for (std::size_t i = 0; i < whole.rounds.size(); ++i) {
    EXPECT_EQ(resumed.rounds[i].distance, whole.rounds[i].distance) << "round " << i;
    EXPECT_EQ(resumed.rounds[i].error.at_most, whole.rounds[i].error.at_most) << "round " << i;
  }
  model::testing::expect_same(resumed.model, whole.model);
}

}  // namespace
}  // namespace carryscope::train
