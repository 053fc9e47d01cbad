// The program itself, run as a user runs it: its two streams, its exit code, its refusals, and its JSON
// against the schemas in docs/schemas/.
#pragma once

#include <sys/wait.h>
#include <algorithm>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "tests/model/checkpoint_files.h"

namespace carryscope::testing {

struct Outcome {
  int exit_code = -1;
  std::string out, err;
};

// A folder of its own, and commands in it.
class Program : public ::testing::Test {
 protected:
  Outcome shell(const std::string& command) const {
    const std::string redirected =
        "{ " + command + "\n} >'" + (folder_ / "out") + "' 2>'" + (folder_ / "err") + "'";
    const int status = std::system(redirected.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, model::testing::content(folder_ / "out"),
            model::testing::content(folder_ / "err")};
  }
  Outcome carryscope(const std::string& arguments) const {
    return shell(std::string(CARRYSCOPE_BINARY) + " " + arguments);
  }

  // Exit code 2, nothing printed but one sentence with the complaint in it.
  void expect_refused(const std::string& arguments, const std::string& complaint) const {
    const Outcome outcome = carryscope(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_TRUE(outcome.err.starts_with("carryscope: ")) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_NE(outcome.err.find(complaint), std::string::npos) << outcome.err;
  }

  bool can_validate() const { return shell("/usr/bin/python3 -c 'import jsonschema'").exit_code == 0; }
  Outcome validate(const std::string& file, const std::string& schema) const {
    return shell("/usr/bin/python3 -m jsonschema -i '" + file + "' '" CARRYSCOPE_SOURCE_DIR "/docs/schemas/" +
                 schema + "'");
  }
  void expect_valid(const std::string& file, const std::string& schema) const {
    const Outcome outcome = validate(file, schema);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  }

  model::testing::Folder folder_;
};

}  // namespace carryscope::testing
