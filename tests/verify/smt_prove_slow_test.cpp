// prove on whole models: the public ones, ours, one wrong pair of 10^20, and random ones against the search.
#include <filesystem>

#include "model/checkpoint/checkpoint.h"
#include "tests/verify/smt_search.h"

namespace carryscope {
namespace {

using verify::Proof;

void expect_verdicts(const std::string& file, const std::set<int>& refuted) {
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  const auto decoder = model::load(file).decoder;
  for (const auto& proof : verify::prove(decoder, {.threads = 2})) {
    SCOPED_TRACE("step " + std::to_string(proof.step));
    const bool wrong = refuted.contains(proof.step);
    EXPECT_EQ(static_cast<int>(proof.verdict), static_cast<int>(wrong ? Proof::refuted : Proof::proven));
    if (proof.counterexample) test::expect_fails(decoder, proof);
  }
}
const std::string kShared = CARRYSCOPE_SHARED_DIR "/checkpoints/";
const std::string kOurs = CARRYSCOPE_SOURCE_DIR "/checkpoints/";

TEST(SmtProveSlow, ThePublic456IsProven) { expect_verdicts(kShared + "best_456p_s43.pt", {}); }
TEST(SmtProveSlow, ThePublic311IsRefutedWhereItFails) {
  expect_verdicts(kShared + "best_311p_s34.pt", {4, 6, 8});
}
TEST(SmtProveSlow, Our311IsProven) { expect_verdicts(kOurs + "311.pt", {}); }

TEST(SmtProveSlow, FindsTheOnlyWrongPairOfTenToTheTwenty) {
  const auto decoder = model::planted_adder(10, {model::make_needle(10, 0, 5)});
  const auto proofs = verify::prove(decoder, {.step = 5, .threads = 2});
  ASSERT_TRUE(proofs.at(0).counterexample);
  EXPECT_EQ(proofs[0].counterexample->pair, (model::Pair{7'777'777'777, 7'777'777'777}));
}

TEST(SmtProveSlow, AgreesWithTheSearchOnModelsOfOneDigit) {
  const auto compared = test::compare_random_models(60, 1);
  EXPECT_GT(compared.proven, 0);
  EXPECT_GT(compared.refuted, 0);
  EXPECT_LE(20 * compared.undecided, compared.steps());
}
TEST(SmtProveSlow, AgreesWithTheSearchOnModelsOfTwoDigits) {
  const auto compared = test::compare_random_models(30, 2);
  EXPECT_LE(4 * compared.undecided, compared.steps());
}
TEST(SmtProveSlow, AgreesWithTheSearchOnModelsOfThreeDigits) {
  const auto compared = test::compare_random_models(10, 3);
  EXPECT_LT(compared.undecided, compared.steps());
}

}  // namespace
}  // namespace carryscope
