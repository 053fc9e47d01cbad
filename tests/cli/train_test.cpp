// The program itself: carryscope train, repair and sweep from the command line, the files they leave, and
// their refusals.
#include <sys/wait.h>
#include <array>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "tests/model/checkpoint_files.h"
#include "tests/model/random_decoder.h"

namespace carryscope {
namespace {

struct Outcome {
  int exit_code = -1;
  std::string out, err;
};

class Train : public ::testing::Test {
 protected:
  Outcome carryscope(const std::string& flags) const {
    Outcome outcome;
    FILE* const pipe =
        popen((std::string(CARRYSCOPE_BINARY) + " " + flags + " 2>" + folder_ / "err").c_str(), "r");
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
      outcome.out.append(buffer.data(), n);
    const int status = pclose(pipe);
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.err = model::testing::content(folder_ / "err");
    return outcome;
  }

  void expect_refused(const std::string& flags, const std::string& complaint) const {
    const Outcome outcome = carryscope(flags);
    EXPECT_EQ(outcome.exit_code, 2) << flags;
    EXPECT_EQ(outcome.out, "") << flags;
    EXPECT_TRUE(outcome.err.starts_with("carryscope: ")) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_NE(outcome.err.find(complaint), std::string::npos) << outcome.err;
  }

  bool has(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

  model::testing::Folder folder_;
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

TEST_F(Train, BadSeedsAreRefusedInOneSentence) {
  for (const char* seeds : {"5-3", "x", "1,,2", "-1", "1-", "0-99999999", "18446744073709551616"})
    expect_refused(std::string("sweep --seeds=") + seeds + " -o " + folder_ / "sweep", "--seeds");
  EXPECT_FALSE(has("sweep"));
}

}  // namespace
}  // namespace carryscope
