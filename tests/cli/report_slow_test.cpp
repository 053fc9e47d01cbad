// carryscope report of a model whose ablations are brackets: the same bytes twice, whatever the machine is
// busy with and however many threads it has.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "model/planted.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope {
namespace {

using namespace model::testing;

TEST(ReportOfBrackets, TheSameModelGivesTheSameBytes) {
  const Folder folder;
  model::Checkpoint checkpoint;
  checkpoint.decoder = model::planted_adder(3, {model::make_needle(3, 2, 1)});
  model::save(folder / "adder.decoder.json", checkpoint);
  const auto page = [&](const std::string& flags) {
    const std::string command = std::string(CARRYSCOPE_BINARY) + " report '" +
                                (folder / "adder.decoder.json") + "' " + flags + " -o '" +
                                (folder / "page.html") + "' >'" + (folder / "said") + "' 2>&1";
    const int status = std::system(command.c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << content(folder / "said");
    return content(folder / "page.html");
  };
  const std::string first = page("--threads 1"), second = page("--threads 2");
  EXPECT_TRUE(first == second);
  EXPECT_LT(first.size(), 3'000'000u);
  expect_parts(first, {"Gets exactly 100 of 10⁶ pairs wrong: one in 10,000"});
}

}  // namespace
}  // namespace carryscope
