// The program itself: carryscope hunt and diff from the command line, their JSON against the schemas, their
// refusals.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "model/planted.h"
#include "tests/cli/program.h"

namespace carryscope {
namespace {

using nlohmann::json;
using testing::Outcome;

class Hunt : public testing::Program {
 protected:
  Hunt() {
    model::Checkpoint checkpoint;
    checkpoint.decoder = model::planted_adder(3, {model::make_needle(3, 1, 2)});
    model::save(model_, checkpoint);
  }
  Outcome hunt(const std::string& flags) const { return carryscope("hunt " + model_ + " " + flags); }

  std::string model_ = folder_ / "model.decoder.json";
};

TEST_F(Hunt, CountsAndShowsPairsThatReplayed) {
  const Outcome all = hunt("--where 'a >= 0' --smallest");
  ASSERT_EQ(all.exit_code, 0) << all.err;
  EXPECT_NE(all.out.find("EXACT: 10 failing pairs meet the condition."), std::string::npos) << all.out;
  EXPECT_NE(all.out.find(", the model says "), std::string::npos) << all.out;
  const Outcome none = hunt("--where 'a != a'");
  EXPECT_NE(none.out.find("NONE EXISTS: proven"), std::string::npos) << none.out;
}

TEST_F(Hunt, JsonObeysItsSchema) {
  if (!can_validate()) GTEST_SKIP() << "no python3-jsonschema";
  for (const std::string flags : {"--where 'a >= b' --list 4", "--where 'error == -1' --random 2",
                                  "--where 'cascade >= 0' --semantics float32 --count"}) {
    const Outcome outcome = hunt(flags + " --json -");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json result = json::parse(outcome.out);
    for (const json& pair : result["pairs"])
      EXPECT_EQ(pair["sum"], pair["a"].get<int>() + pair["b"].get<int>());
    model::testing::put(folder_ / "hunt.json", outcome.out);
    expect_valid(folder_ / "hunt.json", "hunt.schema.json");
  }
}

TEST_F(Hunt, DiffCountsWhatTheNeedleHits) {
  model::Checkpoint right;
  right.decoder = model::planted_adder(3, {});
  const std::string other = folder_ / "right.decoder.json", json_file = folder_ / "diff.json";
  model::save(other, right);
  const Outcome outcome = carryscope("diff " + model_ + " " + other + " --json " + json_file);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("EXACT: the two models answer 10 pairs differently."), std::string::npos)
      << outcome.out;
  const json result = json::parse(model::testing::content(json_file));
  EXPECT_EQ(result["alike"], "999990");
  ASSERT_EQ(result["classes"].size(), 1u);
  EXPECT_TRUE(result["classes"][0]["second"].is_null());
  EXPECT_NE(result["classes"][0]["example"]["first"], result["classes"][0]["example"]["second"]);
  expect_refused("diff " + model_, "B is required");
  expect_refused("diff " + model_ + " " + other + " --time-limit -1", "--time-limit");
  if (!can_validate()) GTEST_SKIP() << "no python3-jsonschema";
  expect_valid(json_file, "diff.schema.json");
}

TEST_F(Hunt, RefusesInOneSentence) {
  expect_refused("hunt " + model_, "--where");
  expect_refused("hunt " + model_ + " --where 'a <'", "--where, character 4");
  expect_refused("hunt " + model_ + " --where 'a[7] == 1'", "a place from 0 to 2");
  expect_refused("hunt " + model_ + " --where 'a < b' --time-limit 0", "--time-limit");
  expect_refused("hunt /nowhere.pt --where 'a < b'", "/nowhere.pt");
}

}  // namespace
}  // namespace carryscope
