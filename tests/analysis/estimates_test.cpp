// Dual numbers against differences, estimates against what they estimate, correlations against hand-made
// ones.
#include "analysis/estimates.h"

#include <gtest/gtest.h>

#include "analysis/minimise.h"
#include "analysis/wrong_pairs.h"
#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

using analysis::Drop, analysis::Dual, analysis::EditedStep, analysis::PlainStep;

TEST(Dual, IsTheDerivativeOfTheTail) {
  const std::uint64_t seed = test::fresh_seed();
  std::printf("CARRYSCOPE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  for (std::uint64_t s = seed; s < seed + 8; ++s) {
    const model::Decoder decoder = test::decoder_of(s, 1);
    model::Tail<Dual> tail(decoder);
    model::Tail<double> plain(decoder);
    model::testing::Random random(s);
    std::vector<Dual> x, logits(static_cast<std::size_t>(decoder.vocabulary));
    for (int i = 0; i < decoder.width(); ++i)
      x.emplace_back(model::testing::uniform(random, 1.0), model::testing::uniform(random, 1.0));
    const auto at = [&](double along) {
      std::vector<double> y, out(logits.size());
      for (const Dual& d : x) y.push_back(d.value + along * d.slope);
      plain.logits(y, out);
      return out;
    };
    constexpr double kStep = 1e-5;
    const auto up = at(kStep), down = at(-kStep), middle = at(0.0);
    std::vector<Dual> work = x;
    tail.logits(work, logits);
    for (std::size_t v = 0; v < logits.size(); ++v) {
      EXPECT_NEAR(logits[v].value, middle[v], 1e-9 * (1 + std::abs(middle[v]))) << "seed " << s;
      const double slope = (up[v] - down[v]) / (2 * kStep);
      EXPECT_NEAR(logits[v].slope, slope, 1e-4 * (1 + std::abs(slope))) << "seed " << s;
    }
  }
}

// Along a short line both are what really happens; where nothing is cut, nothing.
TEST(Estimates, AreRightForSmallCuts) {
  model::testing::Random random(7);
  const model::Decoder decoder = test::noisy_adder(random, 2);
  analysis::Estimator estimate(decoder);
  const analysis::Network network(decoder);
  PlainStep run(whole_step(network, 1));
  const model::Pair pair{37, 58};
  const PlainStep::Run whole = run(pair);
  EXPECT_EQ(estimate.drop(whole, whole, run.truth(pair)).integrated, 0.0);
  PlainStep::Run near = whole;
  for (double& x : near.before) x += 1e-6;
  model::Tail<double> tail(decoder);
  std::vector<double> x = near.before;
  tail.logits(x, near.logits);
  const Drop drop = estimate.drop(whole, near, run.truth(pair));
  EXPECT_NEAR(drop.first_order, drop.real, 1e-3 * std::abs(drop.real) + 1e-9);
  EXPECT_NEAR(drop.integrated, drop.real, 1e-3 * std::abs(drop.real) + 1e-9);
}

TEST(Correlation, OfHandMadeValues) {
  EXPECT_NEAR(*analysis::pearson({1, 2, 3, 4}, {2, 4, 6, 8}), 1.0, 1e-12);
  EXPECT_NEAR(*analysis::pearson({1, 2, 3}, {1, 0, 2}), 0.5, 1e-12);
  EXPECT_NEAR(*analysis::spearman({1, 2, 3, 4}, {1, 8, 27, 64}), 1.0, 1e-12);
  EXPECT_NEAR(*analysis::spearman({1, 2, 2, 3}, {4, 3, 3, 1}), -1.0, 1e-12);
  EXPECT_FALSE(analysis::pearson({1, 1, 1}, {1, 2, 3}).has_value());
}

TEST(Minimise, FindsABowlAndIsNeverWorseThanTheStart) {
  const auto bowl = [](const std::vector<double>& x) {
    return (x[0] - 1) * (x[0] - 1) + 10 * (x[1] + 2 - x[0]) * (x[1] + 2 - x[0]);
  };
  const auto found = analysis::minimise(bowl, {5.0, 5.0}, 100);
  EXPECT_NEAR(found[0], 1.0, 1e-2);
  EXPECT_NEAR(found[1], -1.0, 1e-2);
  const auto wild = [](const std::vector<double>& x) { return std::sin(20 * x[0]); };
  EXPECT_LE(wild(analysis::minimise(wild, {0.3}, 5)), wild({0.3}));
}

}  // namespace
}  // namespace carryscope
