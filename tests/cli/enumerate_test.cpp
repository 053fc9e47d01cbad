// The program itself: carryscope enumerate from the command line, its JSON against its schema, resuming
// after an interrupt, its refusals. The model is made here.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "model/planted.h"
#include "tests/cli/program.h"

namespace carryscope {
namespace {

using testing::Outcome;

using nlohmann::json;

class Enumerate : public testing::Program {
 protected:
  Enumerate() {
    model::Checkpoint checkpoint;
    checkpoint.decoder = model::planted_adder(4, {model::make_needle(4, 3, 2)});
    model::save(model_, checkpoint);
  }

  Outcome enumerate(const std::string& flags) const { return carryscope("enumerate " + flags); }
  json result(const std::string& flags) const {
    const Outcome outcome = enumerate(model_ + " --json - " + flags);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    json out = json::parse(outcome.out);
    out.erase("record");
    out.erase("resumed");
    return out;
  }

  void expect_refused(const std::string& flags, const std::string& complaint) const {
    Program::expect_refused("enumerate " + flags, complaint);
  }

  std::string model_ = folder_ / "model.decoder.json";
};

TEST_F(Enumerate, JsonObeysItsSchemaAndAddsUp) {
  const std::string file = folder_ / "enumerate.json";
  for (const std::string flags :
       {"--digits 2", "--random 30000 --seed 4", "--cube 'a=2..[0-3] s=..1..'", "--carry-chains --seed 2"}) {
    ASSERT_EQ(enumerate(model_ + " " + flags + " --json " + file).exit_code, 0);
    const json out = json::parse(model::testing::content(file));
    std::uint64_t first = 0;
    for (const json& row : out["first_failures"]) first += row["pairs"].get<std::uint64_t>();
    EXPECT_EQ(out["wrong"], first);
    EXPECT_EQ(out["decoded"], out["pairs"]);
    EXPECT_EQ(out["complete"], true);
    if (!can_validate()) GTEST_SKIP() << "no python3-jsonschema";
    expect_valid(file, "enumerate.schema.json");
  }
}

TEST_F(Enumerate, TextTellsCountStepsAndExamples) {
  const Outcome outcome = enumerate(model_ + " --random 100000 --threads 2");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* part : {"100,000 random pairs of 4 digits, seed 0", "standard error", "first wrong step",
                           "10^2", "  wrong: "})
    EXPECT_NE(outcome.out.find(part), std::string::npos) << outcome.out;
}

TEST_F(Enumerate, ACubeIsCountedAsCertifyCountsIt) {
  // The planted needle's region, as certify prints it, and the same with a digit fixed.
  const Outcome certified = carryscope("certify " + model_);
  const std::size_t region = certified.out.find("a=", certified.out.find("Failing regions"));
  ASSERT_NE(region, std::string::npos) << certified.out;
  const std::string pattern = certified.out.substr(region, certified.out.find('\n', region) - region);
  const json whole = result("--cube '" + pattern + "'");
  EXPECT_EQ(whole["wrong"], whole["pairs"]);
  EXPECT_GT(whole["wrong"], 0);
  EXPECT_EQ(whole["domain"]["cube"], pattern);
}

TEST_F(Enumerate, AKilledRunLosesNothingThatWasWritten) {
  const std::string flags = " --carry-chains --seed 3", journal = folder_ / "chains";
  shell(std::string(CARRYSCOPE_BINARY) + " enumerate " + model_ + flags + " --journal " + journal +
        " & job=$!; for i in $(seq 3000); do [ \"$(cat " + journal +
        " 2>/dev/null | wc -l)\" -gt 4 ] && break; sleep 0.01; done; kill -KILL $job; wait $job");
  const Outcome rest = enumerate(model_ + flags + " --journal " + journal);
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_NE(rest.out.find("counted before, by the journal"), std::string::npos) << rest.out;
  EXPECT_EQ(result(flags + " --journal " + journal), result(flags));
}

TEST_F(Enumerate, AnInterruptedRunGoesOnFromItsJournal) {
  const std::string flags = " --random 1000000 --seed 3";
  const std::string journal = " --journal " + folder_ / "journal";
  // The first Ctrl-C comes as soon as the journal holds a shard.
  const Outcome cut =
      shell(std::string(CARRYSCOPE_BINARY) + " enumerate " + model_ + flags + journal +
            " & job=$!; for i in $(seq 3000); do [ \"$(cat " + folder_ / "journal" +
            " 2>/dev/null | wc -l)\" -gt 3 ] && break; sleep 0.01; done; kill -INT $job; wait $job");
  EXPECT_EQ(cut.exit_code, 0) << cut.err;
  EXPECT_NE(cut.out.find("interrupted: only "), std::string::npos) << cut.out;
  EXPECT_NE(cut.out.find("the same command goes on from"), std::string::npos) << cut.out;
  const Outcome rest = enumerate(model_ + flags + journal + " --threads 2");
  EXPECT_NE(rest.out.find("counted before, by the journal"), std::string::npos) << rest.out;
  EXPECT_EQ(result(flags + journal), result(flags));
  expect_refused(model_ + " --random 1000000 --seed 5" + journal, "line 3");
}

// Several processes, one of them killed: what rank 0 has written stays, and the rest is counted afterwards.
TEST_F(Enumerate, ProcessesShareTheWorkAndMayDie) {
  if (shell("mpirun --version && mpicxx --version").exit_code != 0) GTEST_SKIP() << "no MPI";
  const std::string mpirun = "mpirun --allow-run-as-root --oversubscribe -n 3 " +
                             std::string(CARRYSCOPE_BINARY) + " enumerate " + model_;
  const std::string flags = " --carry-chains --seed 4", journal = folder_ / "ranks";
  const Outcome whole = shell(mpirun + flags + " --json -");
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  json counted = json::parse(whole.out);
  counted.erase("record");
  counted.erase("resumed");
  EXPECT_EQ(counted, result(flags));
  shell(mpirun + flags + " --journal " + journal + " & job=$!; for i in $(seq 3000); do [ \"$(cat " +
        journal +
        " 2>/dev/null | wc -l)\" -gt 4 ] && break; sleep 0.01; done; kill -KILL $(pgrep -P $job | tail -1); "
        "wait $job");
  const Outcome rest = enumerate(model_ + flags + " --journal " + journal);
  EXPECT_NE(rest.out.find("counted before, by the journal"), std::string::npos) << rest.out << rest.err;
  EXPECT_EQ(result(flags + " --journal " + journal), result(flags));
}

TEST_F(Enumerate, BadFlagsAndFilesAreRefusedInOneSentence) {
  expect_refused("", "FILE");
  expect_refused(model_, "--digits K");
  expect_refused(model_ + " --digits 2 --random 5", "exclude");
  expect_refused(model_ + " --digits 5", "at most 4 digits");
  for (const char* flags : {"--digits 0", "--digits 6", "--digits x"})
    expect_refused(model_ + " " + flags, "--digits");
  for (const char* flags : {"--random 0", "--random -1", "--random 10000000001"})
    expect_refused(model_ + " " + flags, "--random");
  expect_refused(model_ + " --digits 2 --seed 1", "--random");
  expect_refused(model_ + " --digits 2 --carry-chains", "exclude");
  expect_refused(model_ + " --cube 'a=12345'", "character 7");
  expect_refused(model_ + " --cube 'a=0000 b=0000 s=9....'", "no pair is in the cube");
  expect_refused(model_ + " --random 5 --seed -1", "--seed");
  expect_refused(model_ + " --random 5 --seed 4294967296", "--seed");
  expect_refused(model_ + " --digits 2 --threads 0", "--threads");
  expect_refused(folder_ / "absent.pt --digits 2", "absent.pt");
  expect_refused(model_ + " --digits 2 --journal " + model_, "no journal of this run");
  expect_refused(model_ + " --digits 2 --journal " + folder_ / "nowhere/journal", "nowhere/journal");
}

}  // namespace
}  // namespace carryscope
