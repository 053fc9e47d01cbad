// Sweeps: Wilson's interval against its quadratic, and seeds on two threads against one after the other.
#include "train/sweep.h"

#include <gtest/gtest.h>

#include "tests/train/small_run.h"

namespace carryscope::train {
namespace {

using model::testing::content;

// The roots of (p - s/n)^2 = z^2 p (1 - p) / n, solved in Python.
TEST(Wilson, IsThatOfKnownValues) {
  struct Row {
    int successes, trials;
    double low, high;
  };
  for (const Row& row : {Row{0, 10, 0, 0.2775328}, Row{5, 10, 0.2365931, 0.7634069},
                         Row{10, 10, 0.7224672, 1}, Row{1, 2, 0.0945312, 0.9054688}}) {
    const Interval interval = wilson(row.successes, row.trials);
    EXPECT_NEAR(interval.low, row.low, 1e-6) << row.successes << " of " << row.trials;
    EXPECT_NEAR(interval.high, row.high, 1e-6) << row.successes << " of " << row.trials;
  }
  EXPECT_EQ(wilson(0, 0).low, 0);
  EXPECT_EQ(wilson(0, 0).high, 1);
}

TEST(SweepSummary, CountsWhatIsAboveTheThreshold) {
  std::vector<SweepRow> rows(3);
  rows[0].outcome.best = {100, 0, 0};
  rows[1].outcome.best = {100, 5, 5};
  rows[2].outcome.best = {100, 0, 50};  // perhaps right, not proven
  EXPECT_EQ(json(rows, 0.9)["passed"], 2);
  EXPECT_EQ(json(rows, 0.96)["passed"], 1);
  EXPECT_EQ(json(rows, 0.9)["finished"], 3);
}

class SweepTest : public ::testing::Test {
 protected:
  SweepOptions options(const std::string& name, int threads) const {
    SweepOptions options;
    options.folder = folder_ / name;
    options.seeds = {3, 4};
    options.threads = threads;
    options.run = testing::every(30);
    return options;
  }

  model::testing::Folder folder_;
  Plan plan_ = testing::small_plan(1, 90);
};

TEST_F(SweepTest, ThreadsChangeNothing) {
  const auto one = sweep(plan_, options("one", 1)), two = sweep(plan_, options("two", 2));
  ASSERT_EQ(one.size(), 2u);
  ASSERT_EQ(two.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(one[i].seed, 3 + i);
    EXPECT_EQ(two[i].seed, 3 + i);
    auto x = json(one[i].outcome), y = json(two[i].outcome);
    x.erase("seconds"), y.erase("seconds");
    EXPECT_EQ(x, y);
    const std::string last = "/seed-" + std::to_string(3 + i) + "/last.pt";
    EXPECT_EQ(content(folder_ / ("one" + last)), content(folder_ / ("two" + last)));
  }
  EXPECT_NE(content(folder_ / "one/seed-3/last.pt"), content(folder_ / "one/seed-4/last.pt"));
}

// One of three seeds is ahead, from an interrupted sitting: it is trained apart from the others.
TEST_F(SweepTest, APopulationIsItsMembersAlone) {
  SweepOptions alone = options("alone", 1), together = options("together", 1);
  alone.seeds = together.seeds = {3, 4, 5};
  const auto expected = sweep(plan_, alone);

  SweepOptions first = together;
  first.seeds = {4};
  std::atomic<bool> interrupted = false;
  first.run.interrupted = &interrupted;
  first.run.evaluated = [&](const Evaluation&) { interrupted = true; };
  EXPECT_TRUE(sweep(plan_, first).empty());

  together.population = 3;
  const auto rows = sweep(plan_, together);
  ASSERT_EQ(rows.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    auto x = json(expected[i].outcome), y = json(rows[i].outcome);
    x.erase("seconds"), y.erase("seconds");
    EXPECT_EQ(x, y);
    const std::string last = "/seed-" + std::to_string(3 + i) + "/last.pt";
    EXPECT_EQ(content(folder_ / ("alone" + last)), content(folder_ / ("together" + last)));
  }
}

TEST_F(SweepTest, APopulationKeepsInStep) {
  plan_.recipe.retries = 1;
  SweepOptions together = options("together", 1);
  together.population = 2;
  EXPECT_THROW(sweep(plan_, together), model::InputError);
}

TEST_F(SweepTest, ASeedThatAnotherWorkerHoldsIsLeftToIt) {
  {
    const RunFolder other(folder_ / "sweep/seed-3");
    const auto rows = sweep(plan_, options("sweep", 1));
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].seed, 4u);
    EXPECT_FALSE(other.has("run.json"));
  }
  int trained = 0;
  SweepOptions second = options("sweep", 1);
  second.finished = [&](const SweepRow& row) {
    ++trained;
    EXPECT_EQ(row.seed, 3u);
  };
  EXPECT_EQ(sweep(plan_, second).size(), 2u);
  EXPECT_EQ(trained, 1) << "what is finished is not trained again";
}

TEST_F(SweepTest, ARunOfAnotherPlanIsRefused) {
  std::filesystem::create_directories(folder_ / "sweep");
  const SweepOptions both = options("sweep", 2);
  {
    Plan other = plan_;
    other.seed = 4;
    other.recipe.peak_rate = 0.001;
    std::atomic<bool> stop = true;
    RunOptions interrupted = testing::every(30);
    interrupted.interrupted = &stop;
    run(other, RunFolder(folder_ / "sweep/seed-4"), interrupted);
  }
  model::testing::expect_parts(model::testing::refusal([&] { sweep(plan_, both); }), {"seed-4", "recipe"});
}

}  // namespace
}  // namespace carryscope::train
