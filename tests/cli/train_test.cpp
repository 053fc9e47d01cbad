// The program itself: carryscope train, repair and sweep from the command line, the files they leave, and
// their refusals.
#include <filesystem>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "tests/cli/program.h"
#include "tests/model/random_decoder.h"

namespace carryscope {
namespace {

using testing::Outcome;

class Train : public testing::Program {
 protected:
  bool has(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

  // An exact count of so bad a model takes long; the bracket of a moment is enough.
  const std::string small_ =
      " --preset 311 --steps 40 --batch 16 --every 20 --budget 0.01 -o " + folder_ / "run";
};

TEST_F(Train, WritesItsFiles) {
  const Outcome outcome = carryscope("train --seed 3" + small_);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("finished after 40 steps"), std::string::npos) << outcome.out;
  const model::Checkpoint last = model::load(folder_ / "run/last.pt"),
                          best = model::load(folder_ / "run/best.pt");
  EXPECT_EQ(last.step, 40);
  ASSERT_TRUE(best.factored);
  EXPECT_EQ(best.factored->config, model::preset("311"));
  const auto read = [&](const std::string& name) {
    return nlohmann::json::parse(model::testing::content(folder_ / "run/" + name));
  };
  EXPECT_EQ(read("run.json")["seed"], 3);
  EXPECT_EQ(read("run.json")["recipe"]["batch"], 16);
  EXPECT_TRUE(read("run.json").contains("record"));
  EXPECT_EQ(read("result.json")["ending"], "finished");
  EXPECT_EQ(read("result.json")["steps"], 40);
  std::istringstream lines(model::testing::content(folder_ / "run/metrics.jsonl"));
  std::vector<int> steps;
  for (std::string line; std::getline(lines, line);)
    steps.push_back(nlohmann::json::parse(line).at("step").get<int>());
  EXPECT_EQ(steps, (std::vector<int>{20, 40}));

  expect_refused("train --seed 3" + small_, "--resume");
  expect_refused("train --resume --seed 4" + small_, "run.json");
  EXPECT_EQ(carryscope("train --resume --seed 3" + small_).exit_code, 0);
}

TEST_F(Train, BadFlagsAreRefusedInOneSentence) {
  const std::string out = " -o " + folder_ / "refused";
  expect_refused("train --preset 312" + out, "312");
  expect_refused("train --recipe pasta" + out, "pasta");
  expect_refused("train --steps 0" + out, "steps");
  expect_refused("train --batch 0" + out, "batch");
  expect_refused("train --rate nan" + out, "peak_rate");
  expect_refused("train --every 0" + out, "--every");
  expect_refused("train --engine magic" + out, "--engine");
  expect_refused("train --device cuda" + out, "--device");
  expect_refused("train", "--output");
  expect_refused("train -o /dev/null/run", "/dev/null/run");
}

TEST_F(Train, ADenseDecoderIsNotRepaired) {
  model::testing::Random random(21);
  model::Checkpoint checkpoint;
  checkpoint.decoder = model::testing::random_decoder(random, {.digits = 3});
  model::save(folder_ / "dense.decoder.json", checkpoint);
  expect_refused("repair " + folder_ / "dense.decoder.json" + " -o " + folder_ / "repair",
                 "factored checkpoint");
  EXPECT_FALSE(has("repair/repair.json"));
  expect_refused("repair " + folder_ / "absent.pt" + " -o " + folder_ / "repair", "absent.pt");
}

TEST_F(Train, ARepairLeavesItsRecordAndIsResumedOnlyAsItself) {
  const std::string model = CARRYSCOPE_SOURCE_DIR "/checkpoints/311.pt", folder = " -o " + folder_ / "repair";
  if (!std::filesystem::exists(model)) GTEST_SKIP() << model << " is not here";
  // Two rounds towards a margin that is out of their reach.
  const std::string repair = "repair " + model + folder + " --margin 0.5 --steps 20 --budget 2";
  const Outcome outcome = carryscope(repair + " --rounds 1");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("proven: 0 of 100000000000000000000"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("not widened"), std::string::npos) << outcome.out;
  if (can_validate()) expect_valid(folder_ / "repair/repair.json", "repair.schema.json");
  expect_refused(repair, "--resume");
  const Outcome other = carryscope(repair + " --resume --rate 0.5");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.err.find("other options"), std::string::npos) << other.err;
  EXPECT_EQ(carryscope(repair + " --rounds 2 --resume").exit_code, 0);
  const auto record = nlohmann::json::parse(model::testing::content(folder_ / "repair/repair.json"));
  EXPECT_EQ(record["rounds"].size(), 3u);
}

// None of them gets so wide a margin in one round.
TEST_F(Train, RepairsOfSeveralSeedsAreDividedAmongRanks) {
  const std::string mpirun = "mpirun --allow-run-as-root --oversubscribe -n 2 ",
                    model = CARRYSCOPE_SOURCE_DIR "/checkpoints/311.pt";
  if (!std::filesystem::exists(model)) GTEST_SKIP() << model << " is not here";
  if (shell(mpirun + "true").exit_code != 0) GTEST_SKIP() << "mpirun cannot start two processes here";
  const std::string repair =
      std::string(" repair ") + model + " -o " + folder_ / "repair" + " --steps 20 --budget 0.3 --rounds 1";
  const Outcome outcome = shell(mpirun + CARRYSCOPE_BINARY + repair + " --margin 5 --seeds 1-3");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (int seed = 1; seed <= 3; ++seed) {
    const std::string folder = fmt::format("repair/seed-{}", seed);
    EXPECT_EQ(nlohmann::json::parse(model::testing::content(folder_ / (folder + "/repair.json")))["seed"],
              seed);
    const std::string lines = model::testing::content(folder_ / (folder + "/repair.jsonl"));
    EXPECT_EQ(std::ranges::count(lines, '\n'), 2) << "rounds of seed " << seed << ", by one rank alone";
  }
  if (can_validate()) expect_valid(folder_ / "repair/repair.json", "repair.schema.json");
  EXPECT_TRUE(has("repair/repaired.pt"));
  EXPECT_NE(outcome.out.find("of 3 seeds, 3 with a result"), std::string::npos) << outcome.out;
  expect_refused(repair.substr(1) + " --margin 4 --seeds 1-3", "(margin)");
}

TEST_F(Train, ASuccessLeavesTheOtherSeedsAlone) {
  const std::string model = CARRYSCOPE_SOURCE_DIR "/checkpoints/311.pt";
  if (!std::filesystem::exists(model)) GTEST_SKIP() << model << " is not here";
  const std::string repair = "repair " + model + " --seeds 4,5 -o " + folder_ / "repair";
  for (const char* const start : {"first", "second"}) {
    const Outcome outcome = carryscope(repair);
    EXPECT_EQ(outcome.exit_code, 0) << start << " start: " << outcome.err;
    EXPECT_NE(outcome.out.find("of 2 seeds, 1 with a result, 4 is the best"), std::string::npos)
        << outcome.out;
  }
  EXPECT_FALSE(has("repair/seed-5"));
}

// A run whose best model was put there by hand has nothing left to repair.
TEST_F(Train, UntilProvenEndsWithACertificate) {
  const std::string train = "train --seed 3" + small_, run = folder_ / "run";
  ASSERT_EQ(carryscope(train).exit_code, 0);
  std::filesystem::copy_file(CARRYSCOPE_SOURCE_DIR "/checkpoints/311.pt", run + "/best.pt",
                             std::filesystem::copy_options::overwrite_existing);
  expect_refused(train + " --resume --until-proven --rounds 1e-3", "rate:steps");
  const Outcome outcome = carryscope(train + " --resume --until-proven");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("proven: 0 of 100000000000000000000 pairs are wrong"), std::string::npos);
  EXPECT_FALSE(has("run/tuned"));
  const Outcome checked =
      shell(std::string(CARRYSCOPE_CHECK_BINARY) + " " + run + "/repaired.cert " + run + "/repaired.pt");
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
}

TEST_F(Train, SweepsTrainTheSeedsTheyAreGiven) {
  const Outcome outcome =
      carryscope("sweep --seeds 2,5-6 --threads 2 --json " + folder_ / "sweep.json" + small_);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(model::testing::content(folder_ / "sweep.json"));
  EXPECT_EQ(json["finished"], 3);
  EXPECT_EQ(json["passed"], 0);
  for (const std::string seed : {"2", "5", "6"}) EXPECT_TRUE(has("run/seed-" + seed + "/result.json"));
  EXPECT_FALSE(has("run/seed-3"));
}

TEST_F(Train, RanksUnderMpiDivideTheSeeds) {
  const std::string mpirun = "mpirun --allow-run-as-root --oversubscribe -n 3 ";
  if (shell(mpirun + "true").exit_code != 0) GTEST_SKIP() << "mpirun cannot start three processes here";
  const Outcome outcome =
      shell(mpirun + CARRYSCOPE_BINARY + " sweep --seeds 1-5 --json " + folder_ / "sweep.json" + small_);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto sweep = nlohmann::json::parse(model::testing::content(folder_ / "sweep.json"));
  EXPECT_EQ(sweep["finished"], 5);
  for (int seed = 1; seed <= 5; ++seed)
    EXPECT_TRUE(has(fmt::format("run/seed-{}/result.json", seed))) << seed;
  // Each seed was trained by one rank: its line was printed once.
  std::istringstream lines(outcome.out);
  std::multiset<std::string> trained;
  for (std::string line, seed; std::getline(lines, line);) {
    std::istringstream words(line);
    if (words >> seed && line.find(" .. 1") != std::string::npos) trained.insert(seed);
  }
  EXPECT_EQ(trained, (std::multiset<std::string>{"1", "2", "3", "4", "5"})) << outcome.out;
}

TEST_F(Train, RecastModelsAreTuned) {
  const std::string start = folder_ / "start.pt", tuned = folder_ / "tuned";
  ASSERT_EQ(carryscope("train --seed 3" + small_).exit_code, 0);
  ASSERT_EQ(carryscope("recast " + folder_ / "run/best.pt" + " --preset 271 -o " + start).exit_code, 0);
  EXPECT_EQ(model::load(start).factored->config, model::preset("271"));
  const std::string finetune =
      "finetune " + start + " --rounds 1e-3:20,1e-4:20 --seeds 1 --every 20 --budget 0.01 -o " + tuned;
  const Outcome outcome = carryscope(finetune);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("round 2: rate 0.0001, 20 steps"), std::string::npos) << outcome.out;
  EXPECT_EQ(model::load(tuned + "/best.pt").factored->config, model::preset("271"));
  const auto json = nlohmann::json::parse(model::testing::content(tuned + "/finetune.json"));
  EXPECT_EQ(json["rounds"].size(), 2u);
  EXPECT_FALSE(json["interrupted"]);
}

TEST_F(Train, WhatCannotBeRecastIsRefused) {
  ASSERT_EQ(carryscope("train --seed 3" + small_).exit_code, 0);
  const std::string model = folder_ / "run/best.pt", out = " -o " + folder_ / "out.pt";
  expect_refused("recast " + model + " --preset 456" + out, "width is 4");
  expect_refused("recast " + model + " --preset 312" + out, "312");
  expect_refused("finetune " + model + " --rounds 1e-3 -o " + folder_ / "tuned", "rate:steps");
  EXPECT_FALSE(has("out.pt"));
}

TEST_F(Train, BadSeedsAreRefusedInOneSentence) {
  for (const char* seeds : {"5-3", "x", "1,,2", "-1", "1-", "0-99999999", "18446744073709551616"})
    expect_refused(std::string("sweep --seeds=") + seeds + " -o " + folder_ / "sweep", "--seeds");
  EXPECT_FALSE(has("sweep"));
}

}  // namespace
}  // namespace carryscope
