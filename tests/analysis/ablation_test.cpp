// The record `ablation` of a hand-built adder, of which it is known what matters.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "analysis/analyses.h"
#include "model/planted.h"

namespace carryscope {
namespace {

using analysis::Json;

Json record_of(const model::Decoder& decoder) {
  model::Checkpoint checkpoint;
  checkpoint.decoder = decoder;
  const analysis::Subject subject(checkpoint);
  const auto row = std::ranges::find(analysis::analyses(), "ablation", &analysis::Analysis::name);
  return document(*row, subject);
}

const Json& planted() {
  static const Json record = record_of(model::planted_adder(2, {model::make_needle(2, 1, 2)}));
  return record;
}

// The table's rows as {column: entry}.
std::vector<Json> rows(const Json& table) {
  std::vector<Json> all;
  for (const Json& row : table["rows"]) {
    all.emplace_back(Json::object());
    for (std::size_t i = 0; i < row.size(); ++i)
      all.back()[table["columns"][i]["name"].get<std::string>()] = row[i];
  }
  return all;
}

double number(const Json& count) { return std::stod(count.get<std::string>()); }

TEST(Ablation, WhatAnAdditionNeedsIsMissed) {
  EXPECT_EQ(planted()["wrong"], "10");
  int needed = 0;
  for (const Json& row : rows(planted()["nodes"])) {
    SCOPED_TRACE(row.dump());
    const std::string node = row["node"];
    if (row["kind"] != "mask") continue;
    if (node == "a_t" || node == "b_t" || node == "a_t-1" || node == "b_t-1") {
      ++needed;
      EXPECT_GT(number(row["wrong"]), 1000);
      EXPECT_FALSE(row["witness_a"].is_null());
    }
  }
  EXPECT_EQ(needed, 4);
}

// The needle reads three digits at the last step; all other far tokens are masked anyway.
TEST(Ablation, WhatAnAdditionDoesNotNeedIsProvenToBeNothing) {
  int idle = 0;
  for (const Json& row : rows(planted()["edges"])) {
    const std::string token = row["node"];
    if (row["step"] == 2 || !token.starts_with("far")) continue;
    ++idle;
    EXPECT_EQ(row["wrong"], "0") << row.dump();
    EXPECT_EQ(row["undecided"], "0") << row.dump();
    EXPECT_EQ(row["change"], "0") << row.dump();
    EXPECT_TRUE(row["witness_a"].is_null()) << row.dump();
  }
  EXPECT_GT(idle, 5);
}

TEST(Ablation, SamplesAgreeWithCounts) {
  for (const char* table : {"nodes", "edges"})
    for (const Json& row : rows(planted()[table])) {
      const double low = number(row["wrong"]) / 1e4, high = low + number(row["undecided"]) / 1e4;
      const double spread = 6 * row["standard_error"].get<double>() + 0.01;
      EXPECT_GE(row["sampled"].get<double>(), low - spread) << row.dump();
      EXPECT_LE(row["sampled"].get<double>(), high + spread) << row.dump();
    }
}

TEST(Ablation, EveryKindAndNodeIsThere) {
  std::set<std::string> kinds, nodes;
  for (const Json& row : rows(planted()["nodes"])) {
    kinds.insert(row["kind"].get<std::string>());
    nodes.insert(row["node"].get<std::string>());
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"mask", "zero", "mean", "class mean", "resample", "optimal"}));
  for (const char* node : {"a_t", "b_t-1", "far a", "fixed", "head"})
    EXPECT_TRUE(nodes.contains(node)) << node;
  for (const Json& row : rows(planted()["correlations"]))
    if (row["estimate"] == "sampled" && row["kind"] == "all") {
      EXPECT_GT(row["pearson"].get<double>(), 0.95);
    }
}

TEST(Ablation, AnEdgesClassesTogetherAreAllPairs) {
  for (const Json& row : rows(planted()["edges"]))
    EXPECT_LE(number(row["wrong"]) + number(row["undecided"]), 1e4) << row.dump();
}

TEST(Ablation, ObeysItsSchema) {
  if (std::system("/usr/bin/python3 -c 'import jsonschema' 2> /dev/null") != 0)
    GTEST_SKIP() << "no python3-jsonschema";
  const std::string file = testing::TempDir() + "ablation.json";
  const std::string validate = "/usr/bin/python3 -m jsonschema -i '" + file +
                               "' " CARRYSCOPE_SOURCE_DIR "/docs/schemas/ablation.schema.json 2> /dev/null";
  std::ofstream(file) << planted();
  EXPECT_EQ(std::system(validate.c_str()), 0);
  Json broken = planted();
  broken["nodes"]["rows"][0][3] = 5;
  std::ofstream(file) << broken;
  EXPECT_NE(std::system(validate.c_str()), 0);
}

}  // namespace
}  // namespace carryscope
