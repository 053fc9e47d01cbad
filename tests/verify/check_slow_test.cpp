// The checker on models of more digits, on the public checkpoints, and on searches that were cut off.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/verify/accepted_models.h"

namespace carryscope {
namespace {

using verify::Semantics;

TEST(CheckSlow, AcceptsTwoDigitModels) { test::accept_random_models(3, 2, Semantics::real); }

void accept_public(const std::string& name, Semantics semantics) {
  const std::string file = std::string(CARRYSCOPE_SHARED_DIR) + "/checkpoints/" + name;
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  const test::CertifiedModel m = test::certified(model::load(file), semantics);
  EXPECT_LT(m.bytes.size(), 2'000'000U);
  test::expect_same_counts(test::checked(m).total, m.certification.pairs);
}
TEST(CheckSlow, Accepts311Real) { accept_public("best_311p_s34.pt", Semantics::real); }
TEST(CheckSlow, Accepts311Float32) { accept_public("best_311p_s34.pt", Semantics::float32); }
TEST(CheckSlow, Accepts456Real) { accept_public("best_456p_s43.pt", Semantics::real); }
TEST(CheckSlow, Accepts512Real) { accept_public("best_512params.pt", Semantics::real); }

TEST(CheckSlow, AcceptsHandCodedModels) {
  int accepted = 0;
  for (const char* name : {"Lokimorty_10p", "Wonderfall_121p", "cosminscn_130p", "lichengliu03_50p"}) {
    const std::string file = std::string(CARRYSCOPE_SHARED_DIR) + "/zoo/hand_" + name + ".decoder.json";
    if (!std::filesystem::exists(file)) continue;
    SCOPED_TRACE(file);
    const test::CertifiedModel m = test::certified(model::load(file), Semantics::real, 2);
    EXPECT_EQ(test::refusal(m.certificate, m.checkpoint), "");
    ++accepted;
  }
  if (accepted == 0) GTEST_SKIP() << "the zoo is not here";
}

// One weight of the public model off by an ulp, the hashes renewed: of 311 weights most decide something,
// here the first factor of the positions, by which the failing pairs are no longer the same.
TEST(CheckSlow, RefusesAnotherModelUnderTheSameName) {
  const std::string file = std::string(CARRYSCOPE_SHARED_DIR) + "/checkpoints/best_311p_s34.pt";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  const test::CertifiedModel m = test::certified(model::load(file), Semantics::real);
  model::Checkpoint other = m.checkpoint;
  model::Tensor& tensor = other.factored->tensors[1];
  for (double& v : tensor.values) v *= 1 + 0x1p-10;
  other.decoder = multiply_out(*other.factored);
  verify::check::Certificate stamped = m.certificate;
  stamped.decoder_sha256 = model::sha256(other.decoder);
  EXPECT_NE(test::refusal(stamped, other).find("could not be shown of all"), std::string::npos);
}

// A search that ran out of time leaves cubes that hyperplanes split; those of a slice are decided anew.
TEST(CheckSlow, AcceptsHyperplaneLeaves) {
  const std::string file = std::string(CARRYSCOPE_SHARED_DIR) + "/zoo/warlockee_49p.decoder.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  const test::CertifiedModel m = test::certified(model::load(file), Semantics::real, 1, 3.0);
  std::size_t hyperplanes = 0;
  for (const auto& tree : m.certificate.trees)
    for (const auto& node : tree.nodes) hyperplanes += node.kind == verify::check::Kind::hyperplane;
  if (hyperplanes == 0) GTEST_SKIP() << "this machine was too slow or too quick to leave any";
  std::printf("%zu hyperplane leaves\n", hyperplanes);
  EXPECT_EQ(test::refusal(m.certificate, m.checkpoint), "");
}

}  // namespace
}  // namespace carryscope
