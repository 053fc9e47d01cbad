// .pt files: the public ones, ours as PyTorch reads them, PyTorch's as we read them.
#include "model/checkpoint/torch_file.h"

#include <gtest/gtest.h>

#include <sstream>

#include "model/checkpoint/decoder_json.h"
#include "model/checkpoint/model_config.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope::model {
namespace {

using namespace testing;

struct Public {
  const char *file, *preset, *zoo;
  int step;
  const char* sha256;
};

class PublicCheckpoints : public ::testing::TestWithParam<Public> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(shared_file("checkpoints")))
      GTEST_SKIP() << "the public checkpoints are not at " << shared_file("checkpoints");
  }
};

TEST_P(PublicCheckpoints, HoldTheirPreset) {
  const Checkpoint c = load(shared_file(std::string("checkpoints/") + GetParam().file));
  EXPECT_EQ(c.factored->config, preset(GetParam().preset));
  EXPECT_EQ(c.decoder.parameters, std::stoi(GetParam().preset));
  EXPECT_EQ(c.step, GetParam().step);
  EXPECT_EQ(c.val_exact, 1.0);
  EXPECT_EQ(c.sha256, GetParam().sha256);
  EXPECT_EQ(c.decoder.layout, Layout::seeds(10));
}

// The canonical form that was made and compared with the authors' code elsewhere.
TEST_P(PublicCheckpoints, MultiplyOutToTheCanonicalForm) {
  Decoder ours = load(shared_file(std::string("checkpoints/") + GetParam().file)).decoder;
  Decoder theirs = load(shared_file(std::string("zoo/") + GetParam().zoo + ".decoder.json")).decoder;
  for (const Product& p : products(preset(GetParam().preset))) {
    const Weights &a = dense(ours, p.dense), &b = dense(theirs, p.dense);
    EXPECT_EQ(a.cols, b.cols);
    if (p.dense == Dense::position_embedding)
      ASSERT_EQ(b.rows, a.rows - 1) << "theirs does not read the last digit to predict an end";
    else
      ASSERT_EQ(b.rows, a.rows) << p.left;
    for (std::size_t i = 0; i < b.value.size(); ++i)
      EXPECT_LE(std::abs(a.value[i] - b.value[i]), 2 * a.radius_at(i)) << p.left << " " << i;
  }
  const Layer &a = ours.layers[0], &b = theirs.layers[0];
  EXPECT_EQ(a.norm.type, b.norm.type);
  EXPECT_EQ(a.norm.eps, b.norm.eps);
  EXPECT_EQ(a.mlp->activation, b.mlp->activation);
  EXPECT_NEAR(a.attention->score_scale.value, b.attention->score_scale.value, 1e-16);
}

INSTANTIATE_TEST_SUITE_P(
    All, PublicCheckpoints,
    ::testing::Values(Public{"best_311p_s34.pt", "311", "rezabyt_311p", 9000,
                             "95288afcaaca9c12c3aa1a0302e0dc5753318be98e263f72387e378225aeaece"},
                      Public{"best_456p_s43.pt", "456", "yinglunz_456p_s43", 34000,
                             "3eb4c88af4a6dc3999c87711888bb67507b56b9115da9846497a40433c5e559a"},
                      Public{"best_512params.pt", "512", "yinglunz_512p", 24000,
                             "a1a96a61986f2d0e18d470f5d622eea91a24b7c013554913f872d36a82ed6c02"}),
    [](const auto& p) { return std::string(p.param.preset); });

TEST(TorchFile, ThereAndBackLosesNothing) {
  const Folder folder;
  unsigned seed = 100;
  for (const Config& config : many_configs())
    for (const Precision stored : {Precision::float32, Precision::float64}) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed);
      const Checkpoint written = random_checkpoint(config, seed++, stored);
      save(folder / "x.pt", written);
      const Checkpoint read = load(folder / "x.pt");
      expect_same(*read.factored, *written.factored);
      EXPECT_EQ(read.step, written.step);
      EXPECT_EQ(read.val_exact, written.val_exact);
      EXPECT_EQ(read.decoder.name, "x");
      EXPECT_EQ(write_torch(read), write_torch(written));  // no clock, no order of memory in it
    }
}

TEST(TorchFile, UnknownStepAndAccuracyStayUnknown) {
  Checkpoint c = random_checkpoint(preset("271"), 1);
  c.step.reset();
  c.val_exact.reset();
  const std::string bytes = write_torch(c);
  const Checkpoint read = read_torch(as_bytes(bytes), "x.pt");
  EXPECT_FALSE(read.step || read.val_exact);
}

TEST(TorchFile, OpensInPythonAndMeansTheSameThere) {
  if (!python_has_torch()) GTEST_SKIP() << "/usr/bin/python3 has no torch (python3-torch)";
  const Folder folder;
  int i = 0;
  for (const Config& config : many_configs()) {
    const Precision stored = i % 3 == 2 ? Precision::float64 : Precision::float32;
    const std::string name = "c" + std::to_string(i++);
    const Checkpoint c = random_checkpoint(config, static_cast<unsigned>(i), stored);
    save(folder / (name + ".pt"), c);
    save(folder / (name + ".json"), c);
  }
  EXPECT_EQ(run_python("torch_reference.py", "judge '" + folder.path() + "'"), 0);
}

TEST(TorchFile, WhatPythonWroteIsRead) {
  if (!python_has_torch()) GTEST_SKIP() << "/usr/bin/python3 has no torch (python3-torch)";
  const Folder folder;
  ASSERT_EQ(run_python("torch_reference.py", "write '" + folder.path() + "'"), 0);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().extension() != ".pt") continue;
    SCOPED_TRACE(entry.path().stem());
    ++files;
    const Checkpoint c = load(entry.path());
    EXPECT_EQ(c.factored->config, preset("311"));
    EXPECT_EQ(c.step, 7);
    EXPECT_EQ(c.val_exact, 0.5);
    EXPECT_EQ(c.factored->stored, entry.path().stem() == "double" ? Precision::float64 : Precision::float32);
    std::istringstream lines(content(folder / (entry.path().stem().string() + ".values")));
    std::size_t tensors = 0;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string name, hex;
      words >> name;
      if (name == "lm_head.weight") continue;
      ++tensors;
      std::vector<double> values;
      while (words >> hex) values.push_back(std::strtod(hex.c_str(), nullptr));
      EXPECT_EQ(c.factored->at(name).values, values) << name;
    }
    EXPECT_EQ(tensors, c.factored->tensors.size());
  }
  EXPECT_EQ(files, 6);
  expect_parts(refusal([&] { load(folder / "half.refused"); }), {"half.refused", "torch.HalfStorage"});
  expect_parts(refusal([&] { load(folder / "module.refused"); }),
               {"module.refused", "torch.nn.modules.linear"});
}

TEST(TorchFile, ADecoderWithoutFactorsIsNoTorchFile) {
  const Folder folder;
  Checkpoint c = random_checkpoint(preset("271"), 1);
  c.factored.reset();
  for (const char* name : {"x.pt", "x.safetensors"}) {
    expect_parts(refusal([&] { save(folder / name, c); }), {name, "factors", ".json"});
    EXPECT_FALSE(std::filesystem::exists(folder / name));
  }
  expect_parts(refusal([&] { save(folder / "x.onnx", c); }), {"x.onnx", ".safetensors"});
}

}  // namespace
}  // namespace carryscope::model
