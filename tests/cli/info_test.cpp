// The program itself: carryscope info from the command line, its JSON against its schema, its refusals.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <sstream>

#include "model/checkpoint/json_text.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope {
namespace {

using namespace model::testing;

class Info : public ::testing::Test {
 protected:
  // The exit code of `carryscope info ARGUMENTS`; its output is in out_ and err_.
  int info(const std::string& arguments) {
    const std::string command = std::string(CARRYSCOPE_BINARY) + " info " + arguments + " >'" +
                                (folder_ / "out") + "' 2>'" + (folder_ / "err") + "'";
    const int status = std::system(command.c_str());
    out_ = content(folder_ / "out");
    err_ = content(folder_ / "err");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  void expect_valid(const std::string& arguments) {
    const std::string file = folder_ / "info.json";
    ASSERT_EQ(info(arguments + " --json '" + file + "'"), 0) << err_;
    const std::string schema = CARRYSCOPE_SOURCE_DIR "/docs/schemas/info.schema.json";
    EXPECT_EQ(std::system(("/usr/bin/python3 -m jsonschema -i '" + file + "' '" + schema + "'").c_str()), 0);
  }

  Folder folder_;
  std::string out_, err_;
};

TEST_F(Info, PrintsTheBreakdownOfEveryPreset) {
  for (const model::Preset& preset : model::presets()) {
    ASSERT_EQ(info("--preset " + std::string(preset.name)), 0) << err_;
    std::istringstream lines(out_);
    int sum = 0, stated = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.find("unique parameters") != std::string::npos)
        stated = std::stoi(line.substr(line.find_last_of(' ')));
      else if (line.find('.') != std::string::npos && line.starts_with("  ") &&
               line.find(';') == std::string::npos)
        sum += std::stoi(line.substr(line.find_last_of(' ')));
    }
    EXPECT_EQ(sum, std::stoi(std::string(preset.name))) << out_;
    EXPECT_EQ(stated, sum) << out_;
  }
}

TEST_F(Info, ShowsWhatAFileHolds) {
  const model::Checkpoint checkpoint = random_checkpoint(model::preset("456"), 1);
  save(folder_ / "m.pt", checkpoint);
  ASSERT_EQ(info("'" + (folder_ / "m.pt") + "'"), 0) << err_;
  const model::Checkpoint loaded = model::load(folder_ / "m.pt");
  expect_parts(out_, {"456", loaded.sha256, "12345", "0.8125", "shareA_tieKV", "a9", "pos_emb.A"});
  ASSERT_EQ(info("--json - '" + (folder_ / "m.pt") + "'"), 0);
  EXPECT_EQ(model::Json::parse(out_)["file_sha256"], loaded.sha256);
}

TEST_F(Info, JsonFollowsItsSchema) {
  if (std::system("/usr/bin/python3 -c 'import jsonschema' 2>/dev/null") != 0)
    GTEST_SKIP() << "no python3-jsonschema";
  const model::Checkpoint checkpoint = random_checkpoint(model::preset("311"), 1);
  expect_valid("--preset 777");
  for (const char* name : {"m.pt", "m.safetensors", "m.json"}) {
    save(folder_ / name, checkpoint);
    expect_valid("'" + (folder_ / name) + "'");
  }
}

TEST_F(Info, RefusesInOneSentence) {
  for (const auto& [arguments, part] :
       {std::pair("", "--preset"), std::pair("--preset 310", "311"), std::pair("/no/such.pt", "/no/such.pt"),
        std::pair("--preset 311 x.pt", "not both"),
        std::pair("--preset 311 --json /no/folder/x.json", "/no/folder/x.json")}) {
    EXPECT_EQ(info(arguments), 2) << arguments;
    EXPECT_EQ(std::count(err_.begin(), err_.end(), '\n'), 1) << err_;
    expect_parts(err_, {part});
  }
}

}  // namespace
}  // namespace carryscope
