// The program itself: carryscope prove from the command line, its JSON against its schema, the rules, its
// refusals. The model is made here.
#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "model/planted.h"
#include "tests/cli/program.h"

namespace carryscope {
namespace {

using nlohmann::json;
using testing::Outcome;

class Prove : public testing::Program {
 protected:
  Prove() {
    model::Checkpoint checkpoint;
    checkpoint.decoder = model::planted_adder(1, {model::make_needle(1, 0, 1)});
    model::save(model_, checkpoint);
  }
  void SetUp() override {
    const Outcome outcome = prove(model_ + " --time-limit 0.000001");
    if (outcome.err.find("without Z3") != std::string::npos) GTEST_SKIP() << "built without Z3";
  }

  Outcome prove(const std::string& flags) const { return carryscope("prove " + flags); }
  void expect_refused(const std::string& flags, const std::string& complaint) const {
    Program::expect_refused("prove " + flags, complaint);
  }

  std::string model_ = folder_ / "model.decoder.json";
};

TEST_F(Prove, JsonObeysItsSchemaAndHasTheWrongPair) {
  const std::string file = folder_ / "prove.json";
  const Outcome outcome = prove(model_ + " --json " + file);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("REFUTED"), std::string::npos) << outcome.out;
  const json out = json::parse(model::testing::content(file));
  EXPECT_EQ(out["verdict"], "refuted");
  EXPECT_EQ(out["steps"][0]["verdict"], "proven");
  EXPECT_EQ(out["steps"][1]["counterexample"]["a"], 7);
  EXPECT_EQ(out["steps"][1]["counterexample"]["b"], 7);
  EXPECT_LT(out["steps"][1]["counterexample"]["margin_at_most"], 0);
  if (!can_validate()) GTEST_SKIP() << "no python3-jsonschema";
  expect_valid(file, "prove.schema.json");
}

TEST_F(Prove, StepAndConditionNarrowWhatIsProven) {
  const auto verdict = [&](const std::string& flags) {
    return json::parse(prove(model_ + " --json - " + flags).out)["verdict"].get<std::string>();
  };
  EXPECT_EQ(verdict("--step 0"), "proven");
  EXPECT_EQ(verdict("--step 1 --threads 2"), "refuted");
  EXPECT_EQ(verdict("--where 'a != b'"), "proven");
  EXPECT_EQ(verdict("--where 'a == b && c[1] == 1'"), "refuted");
  EXPECT_EQ(verdict("--time-limit 0.000001"), "undecided");
  const Outcome text = prove(model_ + " --where 'a != b'");
  EXPECT_NE(
      text.out.find("PROVEN over the reals: of the 10^2 pairs those with a != b, none fails at any step."),
      std::string::npos)
      << text.out;
}

TEST_F(Prove, RulesAreListedWithTheirMutants) {
  const Outcome outcome = prove("--rules");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* part : {"a + b + c = s + 10 c'", "proven for all digits", "fails at c0 = 1"})
    EXPECT_NE(outcome.out.find(part), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("NO"), std::string::npos) << outcome.out;
}

TEST_F(Prove, BadFlagsAndConditionsAreRefusedInOneSentence) {
  expect_refused("", "FILE");
  expect_refused(model_ + " --rules", "--rules");
  expect_refused(model_ + " --step 2", "steps 0 to 1");
  expect_refused(model_ + " --step -1", "--step");
  expect_refused(model_ + " --time-limit 0", "--time-limit");
  expect_refused(model_ + " --threads 0", "--threads");
  expect_refused(model_ + " --where 'a <'", "--where, character");
  expect_refused(model_ + " --where 'error == 1'", "'error' is about what the model answers");
  expect_refused(folder_ / "absent.pt", "absent.pt");
}

}  // namespace
}  // namespace carryscope
