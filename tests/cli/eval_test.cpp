// The program itself: carryscope eval from the command line, its JSON against its schema, and its
// refusals. The model is made here, so nothing outside the repository is needed.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "tests/cli/program.h"
#include "tests/model/random_decoder.h"

namespace carryscope {
namespace {

using testing::Outcome;

class Eval : public testing::Program {
 protected:
  Eval() {
    model::testing::Random random(21);
    model::Checkpoint checkpoint;
    checkpoint.decoder = model::testing::random_decoder(random, {.digits = 3});
    model::save(model_, checkpoint);
  }

  Outcome eval(const std::string& flags) const { return carryscope("eval " + flags); }

  void expect_refused(const std::string& flags, const std::string& complaint) const {
    Program::expect_refused("eval " + flags, complaint);
  }

  std::string model_ = folder_ / "model.decoder.json";
};

TEST_F(Eval, JsonObeysItsSchemaAndAddsUp) {
  for (const std::string protocol : {"adderboard", "random:200"}) {
    const std::string file = folder_ / "eval.json";
    ASSERT_EQ(eval(model_ + " --protocol " + protocol + " --seed 4 --json " + file).exit_code, 0);
    const auto json = nlohmann::json::parse(model::testing::content(file));
    std::uint64_t correct = 0, total = 0;
    for (const auto& set : json["sets"]) {
      correct += set["correct"].get<std::uint64_t>();
      total += set["total"].get<std::uint64_t>();
    }
    EXPECT_EQ(json["correct"], correct);
    EXPECT_EQ(json["total"], total);
    EXPECT_EQ(json["failures"].size(), total - correct);
    for (const auto& failure : json["failures"])
      ASSERT_EQ(failure["a"].get<std::uint64_t>() + failure["b"].get<std::uint64_t>(),
                failure["sum"].get<std::uint64_t>());
    if (total > 1000) continue;  // the validator is slow
    if (!can_validate()) GTEST_SKIP() << "no python3-jsonschema";
    expect_valid(file, "eval.schema.json");
  }
}

TEST_F(Eval, JsonOnStdoutIsNothingButJson) {
  const Outcome outcome = eval(model_ + " --protocol random:50 --json -");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["total"], 50);
}

TEST_F(Eval, ThreadsAndRepeatsPrintTheSame) {
  const std::string flags = model_ + " --protocol random:20000 --seed 9";
  const Outcome one = eval(flags);
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_EQ(one.out, eval(flags + " --threads 3").out);
  EXPECT_NE(one.out, eval(model_ + " --protocol random:20000 --seed 10").out);
}

TEST_F(Eval, BadFlagsAndFilesAreRefusedInOneSentence) {
  expect_refused("", "FILE");
  expect_refused(model_ + " --protocol papers", "use paper, adderboard or random:N");
  for (const char* count : {"0", "-1", "", "1e3", "10000001", "99999999999999999999"})
    expect_refused(model_ + " --protocol random:" + count, "expected a number of pairs from 1 to 10000000");
  expect_refused(model_ + " --threads 0", "--threads");
  expect_refused(model_ + " --seed -3", "--seed");
  expect_refused(model_ + " --colour red", "--colour");
  expect_refused(folder_ / "absent.pt", "absent.pt");
}

TEST_F(Eval, AnUnwritableResultIsRefusedAndLeavesNothing) {
  const Outcome outcome =
      eval(model_ + " --protocol random:5 --json " + folder_ / "no_such_folder/eval.json");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("no_such_folder/eval.json"), std::string::npos) << outcome.err;
  EXPECT_EQ(eval(model_ + " --protocol random:5 >/dev/full").exit_code, 2);
}

TEST_F(Eval, HelpShowsAnExample) {
  const Outcome outcome = eval("--help");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.out.find("Example: carryscope eval"), std::string::npos);
  EXPECT_EQ(shell(std::string(CARRYSCOPE_BINARY) + " no-such-command").exit_code, 2);
}

}  // namespace
}  // namespace carryscope
