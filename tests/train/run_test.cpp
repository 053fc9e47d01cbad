// Runs in a temporary folder: killed, interrupted and resumed ones against one that was left alone; locks,
// refusals, divergence and early restarts.
#include "train/run.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "tests/train/small_run.h"

namespace carryscope::train {
namespace {

using model::testing::content;
using model::testing::expect_parts;
using model::testing::refusal;
using nlohmann::json;

class RunTest : public ::testing::Test {
 protected:
  Outcome start(const Plan& plan, const std::string& name, const RunOptions& options) const {
    return run(plan, RunFolder(folder_ / name), options);
  }
  Outcome resume(const Plan& plan, const std::string& name, RunOptions options) const {
    options.resume = true;
    return start(plan, name, options);
  }
  std::string file(const std::string& name) const { return content(folder_ / name); }

  // The lines of metrics.jsonl without what a clock says.
  std::vector<json> metrics(const std::string& name) const {
    std::vector<json> lines;
    std::istringstream text(file(name + "/metrics.jsonl"));
    for (std::string line; std::getline(text, line);) {
      lines.push_back(json::parse(line));
      lines.back().erase("seconds"), lines.back().erase("steps_per_second");
    }
    return lines;
  }

  json state(const std::string& name) const {
    json stored = json::from_cbor(file(name + "/state.cbor"));
    stored.at("run").at("outcome").erase("seconds");
    return stored;
  }

  void expect_same_run(const Outcome& x, const std::string& x_name, const Outcome& y,
                       const std::string& y_name) const {
    EXPECT_EQ(x.ending, y.ending);
    EXPECT_EQ(x.steps, y.steps);
    EXPECT_EQ(x.best_step, y.best_step);
    EXPECT_EQ(to_string(x.best), to_string(y.best));
    EXPECT_EQ(x.retries, y.retries);
    EXPECT_EQ(file(x_name + "/last.pt"), file(y_name + "/last.pt"));
    EXPECT_EQ(file(x_name + "/best.pt"), file(y_name + "/best.pt"));
    EXPECT_EQ(state(x_name), state(y_name));
    EXPECT_EQ(metrics(x_name), metrics(y_name));
  }

  // Runs with an interruption by each of the two callbacks; the second is in the middle of an interval.
  Outcome interrupted_twice(const Plan& plan, const std::string& name, RunOptions options) const {
    std::atomic<bool> flag = false;
    options.interrupted = &flag;
    options.evaluated = [&](const Evaluation& e) { flag = e.step >= 80; };
    EXPECT_EQ(start(plan, name, options).ending, Ending::interrupted);
    EXPECT_FALSE(std::filesystem::exists(folder_ / name + "/result.json"));
    flag = false, options.evaluated = nullptr;
    options.stepped = [&](std::int64_t step, double) { flag = step == 100; };
    EXPECT_EQ(resume(plan, name, options).ending, Ending::interrupted);
    flag = false, options.stepped = nullptr;
    return resume(plan, name, options);
  }

  model::testing::Folder folder_;
};

TEST_F(RunTest, InterruptedAndResumedIsTheSameRun) {
  const Plan plan = testing::small_plan(1, 240);
  const RunOptions options = testing::every(40);
  const Outcome whole = start(plan, "whole", options);
  EXPECT_EQ(whole.ending, Ending::finished);
  EXPECT_EQ(whole.steps, 240);
  EXPECT_TRUE(whole.best.exact());
  EXPECT_EQ(metrics("whole").size(), 6u);
  expect_same_run(interrupted_twice(plan, "pieces", options), "pieces", whole, "whole");
}

TEST_F(RunTest, SnapshotsAreKeptAndChangeNothing) {
  const Plan plan = testing::small_plan(1, 160);
  RunOptions options = testing::every(40);
  const Outcome whole = start(plan, "whole", options);
  options.snapshots = true;
  expect_same_run(interrupted_twice(plan, "kept", options), "kept", whole, "whole");
  for (const char* step : {"40", "80", "120"})
    EXPECT_TRUE(std::filesystem::exists(folder_ / "kept/step-" + step + ".pt")) << step;
  EXPECT_EQ(file("kept/step-160.pt"), file("kept/last.pt"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "whole/step-40.pt"));
}

TEST_F(RunTest, InterruptedAndResumedIsTheSameRunOfTenDigits) {
  const Plan plan = testing::small_plan(10, 120);
  RunOptions options = testing::every(40);
  options.budget = 1e-6;  // nothing is decided: brackets cannot differ
  const Outcome whole = start(plan, "whole", options);
  expect_same_run(interrupted_twice(plan, "pieces", options), "pieces", whole, "whole");
}

TEST_F(RunTest, AnInterruptionChangesNoEarlyRestart) {
  Plan plan = testing::small_plan(1, 240);
  const RunOptions options = testing::every(40);
  plan.recipe.retry_step = 80;
  plan.recipe.retries = 1;
  const Outcome whole = start(plan, "whole", options);
  EXPECT_EQ(whole.retries, 1);
  expect_same_run(interrupted_twice(plan, "pieces", options), "pieces", whole, "whole");
}

// The flag is seen at the very step that is evaluated and after which the run starts over.
TEST_F(RunTest, AnInterruptionAtAnEvaluationChangesNoEarlyRestart) {
  Plan plan = testing::small_plan(1, 202);
  plan.recipe.retries = 1;
  RunOptions options = testing::every(101);
  const Outcome whole = start(plan, "whole", options);
  EXPECT_EQ(whole.retries, 1);
  std::atomic<bool> flag = false;
  options.interrupted = &flag;
  options.stepped = [&](std::int64_t step, double) { flag = step == 100; };
  EXPECT_EQ(start(plan, "pieces", options).ending, Ending::interrupted);
  EXPECT_EQ(metrics("pieces").size(), 1u);
  expect_same_run(resume(plan, "pieces", testing::every(101)), "pieces", whole, "whole");
}

// As after kill -9: the files of the last evaluation and the beginning of what came after.
TEST_F(RunTest, KilledAndResumedIsTheSameRun) {
  Plan plan = testing::small_plan(1, 160);
  RunOptions options = testing::every(40);
  const Outcome whole = start(plan, "whole", options);
  std::atomic<bool> flag = false;
  options.interrupted = &flag;
  options.evaluated = [&](const Evaluation& e) {
    flag = e.step == 80;
    if (e.step == 80) std::filesystem::copy(folder_ / "killed", folder_ / "earlier");
  };
  start(plan, "killed", options);
  // What lies in the copy: the state of step 40, the metrics of step 80.
  ASSERT_EQ(metrics("earlier").size(), 2u);
  std::ofstream(folder_ / "earlier/metrics.jsonl", std::ios::app) << R"({"step": 120, "retries": 0})" << '\n'
                                                                  << R"({"step": 16)";
  expect_same_run(resume(plan, "earlier", testing::every(40)), "earlier", whole, "whole");
}

TEST_F(RunTest, AFinishedRunStaysAsItIs) {
  const Plan plan = testing::small_plan(1, 60);
  const Outcome first = start(plan, "run", testing::every(30));
  const std::string last = file("run/last.pt");
  const Outcome second = resume(plan, "run", testing::every(30));
  EXPECT_EQ(to_string(second.best), to_string(first.best));
  EXPECT_EQ(second.steps, 60);
  EXPECT_EQ(file("run/last.pt"), last);
}

TEST_F(RunTest, AFolderBelongsToOneProcess) {
  const RunFolder first(folder_ / "run");
  expect_parts(refusal([&] { RunFolder second(folder_ / "run"); }),
               {folder_ / "run", "another process", "-o"});
  EXPECT_EQ(RunFolder::unless_locked(folder_ / "run"), nullptr);
  EXPECT_NE(RunFolder::unless_locked(folder_ / "another"), nullptr);
}

TEST_F(RunTest, AFolderWithARunIsRefused) {
  const Plan plan = testing::small_plan(1, 20);
  start(plan, "run", testing::every(20));
  expect_parts(refusal([&] { start(plan, "run", testing::every(20)); }), {folder_ / "run", "--resume"});
  Plan other = plan;
  other.seed = 8;
  expect_parts(refusal([&] { resume(other, "run", testing::every(20)); }), {"run.json", "seed"});
  other = plan;
  other.recipe.peak_rate = 0.03;
  expect_parts(refusal([&] { resume(other, "run", testing::every(20)); }), {"run.json", "recipe"});
}

TEST_F(RunTest, DamagedFilesAreRefused) {
  const Plan plan = testing::small_plan(1, 20);
  start(plan, "run", testing::every(10));
  for (const std::string name : {"state.cbor", "run.json"}) {
    const std::string path = folder_ / "run/" + name, good = content(path);
    for (const std::string& bad : {std::string(), good.substr(0, good.size() / 2), std::string("[1, 2]"),
                                   std::string("{\"step\": 3}"), good + "x"}) {
      model::testing::put(path, bad);
      expect_parts(refusal([&] { resume(plan, "run", testing::every(10)); }), {name});
    }
    model::testing::put(path, good);
  }
  EXPECT_EQ(resume(plan, "run", testing::every(10)).steps, 20);
}

TEST_F(RunTest, DivergenceKeepsTheLastGoodWeights) {
  Plan plan = testing::small_plan(1, 100);
  plan.start = model::testing::random_model(plan.config, 5);
  for (model::Tensor& tensor : plan.start->tensors)
    for (double& v : tensor.values) v = static_cast<double>(static_cast<float>(v * 1e25));
  plan.start_name = "weights of a test";
  const Outcome outcome = start(plan, "run", testing::every(50));
  EXPECT_EQ(outcome.ending, Ending::diverged);
  EXPECT_LE(outcome.steps, 2);
  const model::Checkpoint last = model::load(folder_ / "run/last.pt");
  model::testing::expect_same(*last.factored, *plan.start);
  EXPECT_EQ(RunFolder(folder_ / "run").read("result.json").at("ending"), "diverged");
  EXPECT_EQ(resume(plan, "run", testing::every(50)).ending, Ending::diverged);
}

TEST_F(RunTest, EarlyRestartsAreTakenAndEnd) {
  Plan plan = testing::small_plan(1, 80);
  plan.recipe.retry_step = 1;
  plan.recipe.retries = 2;
  const Outcome outcome = start(plan, "run", testing::every(20));
  EXPECT_EQ(outcome.ending, Ending::finished);
  EXPECT_EQ(outcome.retries, 2);
  EXPECT_EQ(outcome.steps, 80);
  std::vector<std::pair<int, int>> evaluations;
  for (const json& line : metrics("run")) evaluations.emplace_back(line["retries"], line["step"]);
  EXPECT_EQ(evaluations,
            (std::vector<std::pair<int, int>>{{0, 20}, {1, 20}, {2, 20}, {2, 40}, {2, 60}, {2, 80}}));
  const auto lines = metrics("run");
  EXPECT_NE(lines[0]["loss"], lines[1]["loss"]) << "other weights";
  EXPECT_NE(lines[1]["loss"], lines[2]["loss"]);
}

}  // namespace
}  // namespace carryscope::train
