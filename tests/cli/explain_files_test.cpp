// The texts that a record holds are also files: the program compiles, the graph is drawn.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "model/planted.h"

namespace carryscope {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ExplainFiles, AreWrittenBesideTheirRecord) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("explain_files_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  model::Checkpoint checkpoint;
  checkpoint.decoder = model::planted_adder(2);
  model::save(folder / "planted.decoder.json", checkpoint);
  const std::string explain = std::string(CARRYSCOPE_BINARY) + " explain '" +
                              (folder / "planted.decoder.json").string() + "' -o '" + folder.string() +
                              "' --only circuit,program > /dev/null";
  ASSERT_EQ(std::system(explain.c_str()), 0);
  for (const char* name : {"circuit", "program"}) {
    const auto record = nlohmann::json::parse(content(folder / (std::string(name) + ".json")));
    ASSERT_GE(record["files"].size(), 2u);
    for (const auto& [file, text] : record["files"].items())
      EXPECT_EQ(content(folder / file), text.get<std::string>()) << file;
  }
  const std::string add = "c++ -std=c++20 -o '" + (folder / "program").string() + "' '" +
                          (folder / "program.cpp").string() + "' && echo 27 95 | '" +
                          (folder / "program").string() + "' > '" + (folder / "sum").string() + "'";
  ASSERT_EQ(std::system(add.c_str()), 0);
  EXPECT_EQ(content(folder / "sum"), "27 95 122\n");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace carryscope
