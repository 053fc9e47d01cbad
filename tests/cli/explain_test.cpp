// The program itself: carryscope explain and trace from the command line, their JSON against the schema,
// their tables, their refusals.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include "model/planted.h"
#include "tests/model/checkpoint_files.h"
#include "tests/model/random_decoder.h"

namespace carryscope {
namespace {

using namespace model::testing;
using nlohmann::json;

class Explain : public ::testing::Test {
 protected:
  Explain() { model_ = saved("planted", model::planted_adder(2, {model::make_needle(2, 1, 1)})); }

  std::string saved(const std::string& name, model::Decoder decoder) const {
    model::Checkpoint checkpoint;
    checkpoint.decoder = std::move(decoder);
    std::string file = folder_ / (name + ".decoder.json");
    model::save(file, checkpoint);
    return file;
  }

  // The exit code of `carryscope ARGUMENTS`; its output is in out_ and err_.
  int run(const std::string& arguments) {
    const std::string command = std::string(CARRYSCOPE_BINARY) + " " + arguments + " >'" + (folder_ / "out") +
                                "' 2>'" + (folder_ / "err") + "'";
    const int status = std::system(command.c_str());
    out_ = content(folder_ / "out");
    err_ = content(folder_ / "err");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  bool valid(const std::string& file) const {
    const std::string schema = CARRYSCOPE_SOURCE_DIR "/docs/schemas/explanation.schema.json";
    return std::system(
               ("/usr/bin/python3 -m jsonschema -i '" + file + "' '" + schema + "' 2>/dev/null").c_str()) ==
           0;
  }

  json record(const std::string& name) const {
    return json::parse(content(folder_ / ("records/" + name + ".json")));
  }

  Folder folder_;
  std::string model_, out_, err_;
};

constexpr const char* kMine = "attention,subtasks,neurons,geometry,attribution,margins,decisions,trace";

TEST_F(Explain, EveryRecordIsValidAndEveryTableIsCsv) {
  ASSERT_EQ(run("explain " + model_ + " --samples 200 -o '" + (folder_ / "records") + "' --only " + kMine), 0)
      << err_;
  const json index = record("explain");
  EXPECT_TRUE(valid(folder_ / "records/explain.json"));
  ASSERT_EQ(index["analyses"].size(), 8u);
  for (const json& analysis : index["analyses"]) {
    const auto name = analysis["name"].get<std::string>();
    EXPECT_TRUE(valid(folder_ / ("records/" + name + ".json"))) << name;
    const json document = record(name);
    for (const auto& [key, value] : document.items()) {
      if (!value.is_object() || !value.contains("rows")) continue;
      const std::string csv = content(folder_ / ("records/" + name + "." + key + ".csv"));
      EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(csv, '\n')), value["rows"].size() + 1)
          << name << key;
    }
  }
  json broken = record("margins");
  broken["steps"]["rows"] = 3;
  put(folder_ / "records/broken.json", broken.dump());
  EXPECT_FALSE(valid(folder_ / "records/broken.json"));
}

TEST_F(Explain, ThreadsChangeNothing) {
  for (const char* threads : {"1", "3"})
    ASSERT_EQ(run("explain " + model_ + " --samples 200 --only margins,certify -o '" + (folder_ / threads) +
                  "' --threads " + threads),
              0)
        << err_;
  EXPECT_EQ(content(folder_ / "1/margins.steps.csv"), content(folder_ / "3/margins.steps.csv"));
}

TEST_F(Explain, WhatCannotBeHandledIsRefusedByName) {
  Random random(3);
  const std::string deep = saved("deep", random_decoder(random, {.digits = 2, .layers = 2}));
  ASSERT_EQ(run("explain " + deep + " -o '" + (folder_ / "records") + "'"), 0) << err_;
  for (const json& analysis : record("explain")["analyses"]) {
    const bool weights = analysis["name"] == "model";
    EXPECT_EQ(analysis["refused"].is_null(), weights) << analysis.dump();
    EXPECT_EQ(analysis["file"].is_null(), !weights) << analysis.dump();
  }
  EXPECT_EQ(run("explain " + deep + " -o '" + (folder_ / "records") + "' --only geometry"), 2);
  expect_parts(err_, {deep, "geometry", "2 layers"});
  EXPECT_EQ(run("trace " + deep + " 1 2"), 2);
  expect_parts(err_, {deep, "2 layers"});
}

TEST_F(Explain, BadFlagsAndFilesAreRefused) {
  const std::string out = " -o '" + (folder_ / "records") + "'";
  for (const auto& [arguments, complaint] :
       {std::pair("explain " + model_ + out + " --only atlas", "'atlas'"),
        std::pair("explain " + (folder_ / "absent.pt") + out, "absent.pt"),
        std::pair("explain " + model_ + " -o '" + model_ + "'", "-o"), std::pair("explain " + model_, "-o"),
        std::pair("explain " + model_ + out + " --time-limit 0", "--time-limit"),
        std::pair("trace " + model_ + " 100 1", "A: '100'"),
        std::pair("trace " + model_ + " 1 -1x", "B: '-1x'"), std::pair("trace " + model_ + " 1", "B")}) {
    EXPECT_EQ(run(arguments), 2) << arguments;
    EXPECT_EQ(std::ranges::count(err_, '\n'), 1) << err_;
    expect_parts(err_, {complaint});
  }
}

TEST_F(Explain, TraceShowsWhereItGoesWrong) {
  ASSERT_EQ(run("trace " + model_ + " 12 34 --json '" + (folder_ / "trace.json") + "'"), 0) << err_;
  EXPECT_TRUE(valid(folder_ / "trace.json"));
  expect_parts(out_, {"12 + 34 = 46, the model says 46", "Right."});

  const model::Needle needle = model::make_needle(2, 1, 1);
  model::Pair hit;
  while (!needle.hits(hit)) hit = hit.b < 99 ? model::Pair{hit.a, hit.b + 1} : model::Pair{hit.a + 1, 0};
  ASSERT_EQ(run("trace " + model_ + " " + std::to_string(hit.a) + " " + std::to_string(hit.b)), 0) << err_;
  expect_parts(out_, {"Goes wrong at step 1", "<- wrong"});
}

}  // namespace
}  // namespace carryscope
