// What a repair changed, of models whose wrong pairs are known: none, some, and the same again.
#include "analysis/change.h"

#include <gtest/gtest.h>

#include "verify/certify.h"

namespace carryscope::analysis {
namespace {

using verify::Count;

constexpr double kSeconds = 60;

model::Checkpoint published(const std::string& name) {
  return model::load(CARRYSCOPE_SOURCE_DIR "/checkpoints/" + name);
}

Count wrong(const model::Checkpoint& model) {
  verify::CertifyOptions options;
  options.margin = false;
  const verify::Counts pairs = verify::certify(model.decoder, options).pairs;
  EXPECT_EQ(pairs.undecided, 0U);
  return pairs.wrong;
}

Count count(const nlohmann::json& text) {
  Count value = 0;
  for (const char c : text.get<std::string>()) value = value * 10 + static_cast<Count>(c - '0');
  return value;
}

// Pairs of the listed regions, and what of them is still wrong.
std::pair<Count, Count> sums(const nlohmann::json& regions) {
  std::pair<Count, Count> sum{0, 0};
  for (const auto& region : regions.at("largest")) {
    EXPECT_LE(count(region.at("still_wrong")), count(region.at("pairs")));
    sum.first += count(region.at("pairs")), sum.second += count(region.at("still_wrong"));
  }
  return sum;
}

TEST(Change, OfAModelRepairedToTheLastPair) {
  const model::Checkpoint before = published("records/311-finetuned-3.pt"), after = published("311.pt");
  const Count failing = wrong(before);
  ASSERT_GT(failing, 0U);
  const auto repaired = change(before, after, kSeconds, 1), damaged = change(after, before, kSeconds, 1);
  EXPECT_EQ(count(repaired["answers"]["mended"]), failing);
  EXPECT_EQ(count(repaired["answers"]["broken"]), 0U);
  EXPECT_GT(repaired["regions"]["of"], 0);
  EXPECT_EQ(sums(repaired["regions"]).second, 0U);
  EXPECT_LT(repaired["margin"]["before"][1], 0);
  EXPECT_GT(repaired["margin"]["after"][0], 0);

  EXPECT_EQ(count(damaged["answers"]["mended"]), 0U);
  EXPECT_EQ(count(damaged["answers"]["broken"]), failing);
  EXPECT_EQ(damaged["regions"]["of"], 0);
  EXPECT_EQ(damaged["moved"], repaired["moved"]);
}

TEST(Change, OfAModelThatStaysWrongSomewhere) {
  const model::Checkpoint before = published("records/311-finetuned-2.pt"),
                          after = published("records/311-finetuned-3.pt");
  const auto tuned = change(before, after, kSeconds, 1);
  const Count mended = count(tuned["answers"]["mended"]), broken = count(tuned["answers"]["broken"]);
  EXPECT_GT(mended, 0U);
  EXPECT_EQ(wrong(before) + broken, wrong(after) + mended);
  const auto [pairs, still] = sums(tuned["regions"]);
  EXPECT_LT(still, pairs);
}

TEST(Change, OfNothing) {
  const model::Checkpoint model = published("records/311-finetuned-3.pt");
  const auto none = change(model, model, kSeconds, 1);
  EXPECT_EQ(none["answers"]["different"], "0");
  for (const auto& [name, distance] : none["moved"].items()) EXPECT_EQ(distance, 0.0) << name;
  const auto [pairs, still] = sums(none["regions"]);
  EXPECT_GT(pairs, 0U);
  EXPECT_EQ(still, pairs);
}

}  // namespace
}  // namespace carryscope::analysis
