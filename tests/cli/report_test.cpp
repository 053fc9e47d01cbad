// The program itself: carryscope report from the command line, the same bytes each time, its refusals.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>

#include "model/planted.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope {
namespace {

using namespace model::testing;

class Report : public ::testing::Test {
 protected:
  Report() {
    model::Checkpoint checkpoint;
    checkpoint.decoder = model::planted_adder(3, {model::make_needle(3, 2, 1)});
    model::save(model_, checkpoint);
  }

  int report(const std::string& arguments) {
    const std::string command = std::string(CARRYSCOPE_BINARY) + " report " + arguments + " >'" +
                                (folder_ / "out") + "' 2>'" + (folder_ / "err") + "'";
    const int status = std::system(command.c_str());
    err_ = content(folder_ / "err");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string page(const std::string& arguments, const std::string& name) {
    EXPECT_EQ(report(arguments + " -o '" + (folder_ / name) + "'"), 0) << err_;
    return content(folder_ / name);
  }

  Folder folder_;
  const std::string model_ = folder_ / "adder.decoder.json";
  std::string err_;
};

// All analyses, on a model that they are quick with; report_slow_test has one whose counts do not all end.
TEST_F(Report, TheSameModelGivesTheSameBytes) {
  model::Checkpoint checkpoint;
  checkpoint.decoder = model::planted_adder(1, {model::make_needle(1, 0, 0)});
  const std::string tiny = folder_ / "tiny.decoder.json";
  model::save(tiny, checkpoint);
  const std::string first = page(tiny, "1.html"), second = page(tiny + " --threads 2", "2.html");
  EXPECT_TRUE(first == second);
  EXPECT_LT(first.size(), 3'000'000u);
  expect_parts(first, {"Gets exactly 1 of 100 pairs wrong"});
}

TEST_F(Report, AFolderOfRecordsGivesThePageOfThem) {
  const std::string records = folder_ / "records";
  const std::string command = std::string(CARRYSCOPE_BINARY) + " explain '" + model_ + "' -o '" + records +
                              "' --only model,certify >'" + (folder_ / "out") + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  put(folder_ / "records/adder.cert", "not looked into, only named");
  const std::string first = page(records, "1.html"), second = page(records, "2.html");
  EXPECT_TRUE(first == second);
  expect_parts(first, {"Gets exactly 100 of 10⁶ pairs wrong", "--only attention", "27 bytes"});
}

TEST_F(Report, SummarisesInMarkdown) {
  page("'" + model_ + "' --only certify --markdown '" + (folder_ / "report.md") + "'", "1.html");
  expect_parts(content(folder_ / "report.md"), {"one in 10,000", "| wrong | 100 |"});
}

TEST_F(Report, RefusesInOneSentence) {
  put(folder_ / "broken.json", "{");
  std::filesystem::create_directory(folder_ / "empty");
  const std::string out = " -o '" + (folder_ / "page.html") + "'";
  for (const auto& [arguments, part] :
       {std::pair(std::string("/no/such.pt") + out, "/no/such.pt"),
        {"'" + (folder_ / "empty") + "'" + out, "holds no records"},
        {"'" + (folder_ / "broken.json") + "'" + out, "broken.json"},
        {"'" + model_ + "' --time-limit 0" + out, "--time-limit"},
        {"'" + model_ + "' --only nothing" + out, "--only"},
        {"'" + model_ + "' --only model -o /no/folder/page.html", "/no/folder/page.html"}}) {
    EXPECT_EQ(report(arguments), 2) << arguments;
    EXPECT_TRUE(err_.starts_with("carryscope: ")) << err_;
    EXPECT_EQ(std::ranges::count(err_, '\n'), 1) << err_;
    expect_parts(err_, {part});
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "page.html"));
}

}  // namespace
}  // namespace carryscope
