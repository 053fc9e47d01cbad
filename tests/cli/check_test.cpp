// The programs themselves: carryscope certify --certificate, then carryscope-check and its exit codes.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "model/checkpoint/checkpoint.h"
#include "model/planted.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope {
namespace {

using namespace model::testing;

class CheckProgram : public ::testing::Test {
 protected:
  CheckProgram() {
    model_ = make("model", {model::make_needle(2, 1, 1)});
    other_ = make("other", {});
    certificate_ = folder_ / "model.cert";
  }

  std::string make(const std::string& name, const std::vector<model::Needle>& needles) {
    model::Checkpoint checkpoint;
    checkpoint.decoder = model::planted_adder(2, needles);
    std::string file = folder_ / (name + ".decoder.json");
    model::save(file, checkpoint);
    return file;
  }

  int run(const std::string& program, const std::string& arguments) {
    const std::string command =
        program + " " + arguments + " >'" + (folder_ / "out") + "' 2>'" + (folder_ / "err") + "'";
    const int status = std::system(command.c_str());
    out_ = content(folder_ / "out");
    err_ = content(folder_ / "err");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int certify(const std::string& more = "") {
    return run(CARRYSCOPE_BINARY, "certify '" + model_ + "' --certificate '" + certificate_ + "' " + more);
  }
  int check(const std::string& model) {
    return run(CARRYSCOPE_CHECK_BINARY, "'" + certificate_ + "' '" + model + "'");
  }

  Folder folder_;
  std::string model_, other_, certificate_, out_, err_;
};

TEST_F(CheckProgram, AcceptsWhatCertifyWrote) {
  for (const std::string semantics : {"real", "float32"}) {
    ASSERT_EQ(certify("--no-margin --semantics " + semantics), 0) << err_;
    EXPECT_NE(out_.find("certificate: " + certificate_), std::string::npos);
    ASSERT_EQ(check(model_), 0) << err_;
    for (const std::string& line :
         std::vector<std::string>{"assumed", "checked", "derived", "semantics " + semantics, "ACCEPTED"})
      EXPECT_NE(out_.find(line), std::string::npos) << out_;
    EXPECT_NE(out_.find("9,990\n"), std::string::npos) << out_;
  }
}

TEST_F(CheckProgram, BadInputIsTwo) {
  ASSERT_EQ(certify("--no-margin"), 0) << err_;
  EXPECT_EQ(check(other_), 2);
  EXPECT_NE(err_.find("it is about a file with sha256"), std::string::npos) << err_;
  EXPECT_EQ(check(folder_ / "missing.json"), 2);
  EXPECT_EQ(run(CARRYSCOPE_CHECK_BINARY, "'" + model_ + "' '" + model_ + "'"), 2);
  EXPECT_NE(err_.find("no certificate"), std::string::npos) << err_;
  EXPECT_EQ(run(CARRYSCOPE_CHECK_BINARY, "--nonsense"), 2);
  EXPECT_EQ(run(CARRYSCOPE_CHECK_BINARY, "--help"), 0);
  EXPECT_NE(out_.find("Example:"), std::string::npos) << out_;
}

TEST_F(CheckProgram, NoCertificateIsHalfWritten) {
  certificate_ = folder_ / "no folder/model.cert";
  EXPECT_EQ(certify("--no-margin"), 2);
  EXPECT_NE(err_.find("no folder"), std::string::npos) << err_;
}

}  // namespace
}  // namespace carryscope
