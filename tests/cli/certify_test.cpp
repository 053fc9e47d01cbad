// The program itself: carryscope certify from the command line, its counts against enumeration, its
// JSON against its schema, its refusals, an interrupt. The models are made here, so nothing outside
// the repository is needed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "model/evaluate.h"
#include "tests/cli/program.h"
#include "tests/model/random_decoder.h"
#include "verify/cube.h"

namespace carryscope {
namespace {

using testing::Outcome;

using nlohmann::json;
using verify::Count;

Count number(const json& text) {
  Count value = 0;
  for (const char digit : text.get<std::string>()) value = value * 10 + static_cast<Count>(digit - '0');
  return value;
}

class Certify : public testing::Program {
 protected:
  Certify() { model_ = make({.digits = 2}, 4); }

  std::string make(const model::testing::RandomModel& wanted, std::uint64_t seed) {
    model::testing::Random random(seed);
    model::Checkpoint checkpoint;
    checkpoint.decoder = model::testing::random_decoder(random, wanted);
    std::string file = folder_ / ("model" + std::to_string(++models_) + ".decoder.json");
    model::save(file, checkpoint);
    return file;
  }

  Outcome certify(const std::string& flags) const { return carryscope("certify " + flags); }
  json certified(const std::string& flags) const {
    const Outcome outcome = certify(flags + " --json -");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.exit_code == 0 ? json::parse(outcome.out) : json();
  }

  void expect_refused(const std::string& flags, const std::string& complaint) const {
    Program::expect_refused("certify " + flags, complaint);
  }

  int models_ = 0;
  std::string model_;
};

void expect_adds_up(const json& counts, Count total) {
  EXPECT_EQ(number(counts["total"]), total);
  EXPECT_EQ(number(counts["correct"]) + number(counts["wrong"]) + number(counts["undecided"]) +
                number(counts["rounding_dependent"]),
            total);
}

// Every table of the JSON tells of the same pairs.
void expect_consistent(const json& result) {
  const Count all = verify::all_pairs(result["digits"]);
  expect_adds_up(result["pairs"], all);
  for (const char* table : {"by_cascade", "by_carries"}) {
    std::map<std::string, Count> sums;
    for (const json& row : result[table]) {
      expect_adds_up(row, number(row["total"]));
      for (const char* key : {"total", "wrong", "rounding_dependent"}) sums[key] += number(row[key]);
    }
    EXPECT_TRUE(sums["total"] == all) << table;
    if (!result["exact"]) continue;
    EXPECT_TRUE(sums["wrong"] == number(result["pairs"]["wrong"])) << table;
    EXPECT_TRUE(sums["rounding_dependent"] == number(result["pairs"]["rounding_dependent"])) << table;
  }
  Count first = 0;
  for (const json& step : result["steps"]) {
    expect_adds_up(step["pairs"], all);
    first += number(step["first_failures"]);
  }
  if (result["exact"]) {
    EXPECT_TRUE(first == number(result["pairs"]["wrong"]));
  }
}

std::uint64_t wrong_by_enumeration(const std::string& file) {
  const model::Decoder decoder = model::load(file).decoder;
  const std::uint64_t end = model::power_of_ten(decoder.layout.digits);
  model::PairSet all{"all", {}};
  for (std::uint64_t a = 0; a < end; ++a)
    for (std::uint64_t b = 0; b < end; ++b) all.pairs.push_back({a, b});
  const model::Score score = model::evaluate(decoder, {all}).total;
  return score.total - score.correct;
}

TEST_F(Certify, BracketsWhatEnumerationCounts) {
  for (std::uint64_t seed = 30; seed < 33; ++seed) {
    const std::string file = make({.digits = 1 + static_cast<int>(seed % 2)}, seed);
    const Count counted = wrong_by_enumeration(file);
    for (const std::string semantics : {"real", "float32"}) {
      const json result = certified(file + " --no-margin --time-limit 20 --semantics " + semantics);
      expect_consistent(result);
      const json& pairs = result["pairs"];
      EXPECT_LE(number(pairs["wrong"]), counted) << "seed " << seed;
      EXPECT_GE(number(pairs["total"]) - number(pairs["correct"]), counted) << "seed " << seed;
      if (semantics == "real") {
        EXPECT_TRUE(result["exact"]) << "seed " << seed;
        EXPECT_EQ(number(pairs["rounding_dependent"]), 0u);
      }
    }
  }
}

TEST_F(Certify, FindsExactlyWhatPlantPlanted) {
  const std::string file = folder_ / "planted.decoder.json",
                    plant = CARRYSCOPE_BINARY " plant --out '" + file + "' ";
  for (const std::string wrong : {"0", "1", "100"}) {
    ASSERT_EQ(shell(plant + "--digits 3 --wrong " + wrong).exit_code, 0);
    for (const std::string semantics : {"real", "float32"}) {
      const json result = certified(file + " --no-margin --semantics " + semantics);
      expect_consistent(result);
      EXPECT_TRUE(result["exact"]);
      EXPECT_EQ(result["pairs"]["wrong"], wrong);
      EXPECT_EQ(result["pairs"]["rounding_dependent"], "0");
      EXPECT_EQ(result["region_count"] == 0, wrong == "0");
    }
  }
  for (const std::string wrong : {"2", "-1", "1e3", "1000000", "01", "''"}) {
    const Outcome refused = shell(plant + "--digits 3 --wrong " + wrong);
    EXPECT_EQ(refused.exit_code, wrong == "''" ? 0 : 2) << wrong;  // empty: the default
  }
  EXPECT_EQ(shell(plant + "--digits 19").exit_code, 2);
  EXPECT_EQ(shell(CARRYSCOPE_BINARY " plant --out /no/folder/x.decoder.json").exit_code, 2);
}

TEST_F(Certify, JsonObeysItsSchema) {
  if (!can_validate()) GTEST_SKIP() << "no python3-jsonschema";
  const std::string file = folder_ / "certify.json";
  for (const std::string flags :
       {"", "--semantics float32 --ulps exp=50,sqrt=1", "--time-limit 0.000001", "--weights-of lengths"}) {
    ASSERT_EQ(certify(model_ + " " + flags + " --json '" + file + "'").exit_code, 0) << flags;
    expect_valid(file, "certify.schema.json");
    json broken = json::parse(model::testing::content(file));
    expect_consistent(broken);
    broken["pairs"]["wrong"] = 5;
    model::testing::put(file, broken.dump());
    EXPECT_NE(validate(file, "certify.schema.json").exit_code, 0);
  }
}

TEST_F(Certify, TheJsonStatesItsParameters) {
  const json real = certified(model_),
             rounded = certified(model_ + " --semantics float32 --ulps exp=50,sqrt=1");
  EXPECT_EQ(real["ulps"], nullptr);
  EXPECT_EQ(rounded["ulps"]["exp"], 50);
  EXPECT_EQ(rounded["ulps"]["sqrt"], 1);
  EXPECT_EQ(rounded["ulps"]["erf"], 20);
  EXPECT_EQ(real["file_sha256"], model::load(model_).sha256);
  EXPECT_EQ(real["by_carries"].size(), 4u);
  EXPECT_EQ(real["by_carries"][1]["carries"],
            "01");  // a carry into place 1, none into place 2: 45 * 45 pairs
  EXPECT_EQ(number(real["by_carries"][1]["total"]), 45u * 45u);
  EXPECT_EQ(number(real["by_carries"][2]["total"]), 55u * 45u);
}

TEST_F(Certify, ThreadsChangeNothing) {
  const auto settled = [](json result) {
    for (const char* key : {"record", "seconds"}) result.erase(key);
    return result.dump();
  };
  EXPECT_EQ(settled(certified(model_)), settled(certified(model_ + " --threads 3")));
}

TEST_F(Certify, FlagsChooseWhatIsShown) {
  const Outcome all = certify(model_ + " --regions 1000"),
                none = certify(model_ + " --regions 0 --no-margin");
  EXPECT_NE(all.out.find("EXACT"), std::string::npos) << all.out;
  EXPECT_NE(all.out.find("Smallest margin: between"), std::string::npos) << all.out;
  EXPECT_NE(all.out.find("   1. "), std::string::npos) << all.out;
  EXPECT_EQ(all.out.find("more region"), std::string::npos) << all.out;
  EXPECT_EQ(none.out.find("   1. "), std::string::npos) << none.out;
  EXPECT_NE(none.out.find("more region"), std::string::npos) << none.out;
  EXPECT_NE(none.out.find("Smallest margin: not determined"), std::string::npos) << none.out;
  EXPECT_EQ(all.err, "");  // no progress where stderr is no terminal
}

TEST_F(Certify, TimeLimitAndInterruptEndWithABracketThatAddsUp) {
  // Ten digits, flat attention: nothing that could be decided in a second.
  const std::string hard = make({.digits = 10, .weight = 0.5, .score_scale = 0.1}, 8);
  const json limited = certified(hard + " --time-limit 1");
  expect_consistent(limited);
  EXPECT_FALSE(limited["exact"]);
  EXPECT_LT(limited["seconds"].get<double>(), 60.0);
  // In the foreground, timeout signals once; else the process group gets a second signal, which kills.
  const Outcome interrupted =
      shell("timeout --foreground --preserve-status --signal INT 1 '" CARRYSCOPE_BINARY "' certify " + hard +
            " --json -");
  ASSERT_EQ(interrupted.exit_code, 0) << interrupted.err;
  const json result = json::parse(interrupted.out);
  expect_consistent(result);
  EXPECT_FALSE(result["exact"]);
}

TEST_F(Certify, BadFlagsAndFilesAreRefusedInOneSentence) {
  expect_refused("", "FILE");
  expect_refused(model_ + " --semantics float64", "--semantics");
  for (const char* limit : {"0", "-1", "nan"})
    expect_refused(model_ + " --time-limit " + limit, "--time-limit");
  expect_refused(model_ + " --threads 0", "--threads");
  expect_refused(model_ + " --regions -1", "--regions");
  expect_refused(model_ + " --ulps exp=40", "add --semantics float32");
  for (const char* ulps : {"exp", "exp=", "exp=4x", "sinh=3", "exp=1,exp=2", "exp=1,", "=3"})
    expect_refused(model_ + " --semantics float32 --ulps " + ulps, "--ulps: '");
  for (const char* ulps : {"exp=0.1", "exp=nan", "erf=1e9"})
    expect_refused(model_ + " --semantics float32 --ulps " + ulps, "between 0.5");
  expect_refused(folder_ / "absent.pt", "absent.pt");
  const std::string deep = make({.digits = 2, .layers = 2}, 9);
  expect_refused(deep, deep + ": ");
  expect_refused(deep, "2 layers");
}

TEST_F(Certify, AnUnwritableResultIsRefused) {
  const Outcome outcome = certify(model_ + " --json '" + (folder_ / "no_such_folder/c.json") + "'");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("no_such_folder/c.json"), std::string::npos) << outcome.err;
  EXPECT_EQ(
      shell("'" CARRYSCOPE_BINARY "' certify " + model_ + " 2>/dev/null >/dev/full; test $? = 2").exit_code,
      0);
}

TEST_F(Certify, HelpShowsAnExample) {
  const Outcome outcome = certify("--help");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.out.find("Example: carryscope certify"), std::string::npos);
}

}  // namespace
}  // namespace carryscope
