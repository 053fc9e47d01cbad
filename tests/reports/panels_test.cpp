// The panels that draw more than a chart, from small records made by hand: what is in their figures and
// tables.
#include <gtest/gtest.h>

#include "reports/panel/panel.h"
#include "tests/model/checkpoint_files.h"
#include "tests/reports/small_records.h"

namespace carryscope::reports {
namespace {

using model::testing::expect_parts;
using nlohmann::json;

Sheet drawn(Draw draw, const json& record, const Records& others = {}) {
  Sheet sheet;
  draw(record, others, sheet);
  return sheet;
}

TEST(Plane, HasRegionsAndPointsByCarry) {
  const Sheet sheet = drawn(draw_plane, testing::geometry());
  const json figure = sheet.data()["figures"]["plane"];
  ASSERT_EQ(figure["variants"].size(), 1u);
  const json& data = figure["variants"][0]["data"];
  EXPECT_EQ(data[0]["z"], (json{{3, nullptr}, {4, 4}}));
  EXPECT_EQ(data[0]["x"], (json{-0.5, 0.5}));
  ASSERT_EQ(data.size(), 3u);
  EXPECT_EQ(data[1]["marker"]["color"], (json{3}));
  EXPECT_EQ(data[2]["name"], "carry 1");
  expect_parts(sheet.body(), {"1, reading the digit 7"});
}

TEST(Neurons, HaveAMapForEachCarryAndAThresholdWhereTheSubTaskHasTwoClasses) {
  const Records with_subtasks{"m", {{"subtasks", testing::subtasks()}}};
  const json figure = drawn(draw_neurons, testing::neurons(), with_subtasks).data()["figures"]["neuron-maps"];
  ASSERT_EQ(figure["variants"].size(), 3u);  // mean, least, largest
  const json& data = figure["variants"][0]["data"];
  ASSERT_EQ(data.size(), 4u);  // two maps, each with its line
  EXPECT_EQ(data[0]["z"][2][3], 0.5);
  EXPECT_TRUE(data[0]["z"][0][0].is_null());
  EXPECT_EQ(data[1]["contours"]["start"], 0.25);
  EXPECT_EQ(data[2]["z"][2][3], 0.75);
  EXPECT_EQ(figure["variants"][2]["data"][0]["z"][2][3], 0.6);
  EXPECT_EQ(
      drawn(draw_neurons, testing::neurons()).data()["figures"]["neuron-maps"]["variants"][0]["data"].size(),
      2u);
}

TEST(Subtasks, AreListedWithPassThresholdsAndAnException) {
  const Sheet sheet = drawn(draw_subtasks, testing::subtasks());
  expect_parts(sheet.body(), {"neuron 0", "<b>0</b> &lt; 0.25 ≤ <b>1</b>", "2 of 200", "0.99", "1 read as 0",
                              "data-a=\"90\" data-b=\"12\"", "data-task=\"wrap\""});
}

TEST(Ablation, ShowsBracketsAsBrackets) {
  const Sheet sheet = drawn(draw_ablation, testing::ablation());
  const json figures = sheet.data()["figures"];
  const json& bars = figures["ablation-nodes"]["variants"][0]["data"];
  EXPECT_EQ(bars[0]["y"], (json{"a_t", "neuron 1"}));
  EXPECT_EQ(bars[0]["x"], (json{0.25, 0.5}));
  EXPECT_EQ(bars[1]["x"], (json{0.5, 0.0}));
  EXPECT_EQ(bars[0]["customdata"], (json{"2,500 to 7,500", "5,000"}));
  EXPECT_EQ(bars[2]["x"], (json{0.4, 0.51}));
  const json& map = figures["ablation-edges"]["variants"][0]["data"];
  EXPECT_EQ(map[0]["z"], (json{{0.0}, {0.5}}));
  EXPECT_EQ(map[1]["text"], (json{"0", "0.25–0.75"}));
  const json& others = figures["ablation-edges"]["variants"][1]["data"];
  EXPECT_EQ(others[0]["x"], (json{"neuron 0"}));
  const json& estimates = figures["ablation-estimates"]["variants"];
  ASSERT_EQ(estimates.size(), 4u);
  EXPECT_EQ(estimates[2]["data"][0]["x"], (json{0.0, 0.2, 0.1}));
  EXPECT_EQ(estimates[2]["data"][0]["error_y"]["array"], (json{0.0, 0.25, 0.0}));
  expect_parts(sheet.body(), {"Correlation of exact effects", "0.99", "0.85"});
}

TEST(Circuit, HasEdgesTheirProofsAndTheOrderOfCuts) {
  const Sheet sheet = drawn(draw_circuit, testing::circuit());
  const json graph = sheet.data()["circuit"];
  EXPECT_EQ(graph["sources"].size(), 2u);
  EXPECT_EQ(
      graph["edges"][0]["about"],
      "a_t → step 0: kept; without it 12 + 34 gives the token 5 instead of 6; changes 0.9 ± 0.01 of sampled "
      "pairs");
  EXPECT_EQ(graph["edges"][1]["about"], "neuron 3 → step 0: cut; no answer changes, proven");
  EXPECT_EQ(graph["curve"][1]["cut"], 1);
  EXPECT_EQ(graph["curve"][0]["cut"], json());
  expect_parts(sheet.body(), {"1 of 2 edges are enough", "0 of 10⁴ pairs answered otherwise, proven",
                              "5 to 7 of 10⁴ pairs", "none found"});
}

TEST(Decisions, HaveABarForThePairsAndOneForWhatIsProven) {
  const Sheet sheet = drawn(draw_decisions, testing::decisions());
  const json figure = sheet.data()["figures"]["decisions"];
  ASSERT_EQ(figure["variants"].size(), 1u);
  const json& data = figure["variants"][0]["data"];
  ASSERT_EQ(data.size(), 3u);
  EXPECT_EQ(data[0]["base"], (json{0.25}));
  EXPECT_EQ(data[0]["x"], (json{1.75}));
  EXPECT_EQ(data[1]["base"], (json{0.5}));
  EXPECT_EQ(data[1]["customdata"], (json{"where the pairs lie: 0.5 (10 + 27) to 1.5 (20 + 17)"}));
  EXPECT_EQ(data[2]["y"], (json{14}));
  EXPECT_EQ(figure["variants"][0]["layout"]["yaxis"]["ticktext"], (json{"3 → 3", "14 → 4"}));
  expect_parts(sheet.body(), {"decision-steps", "0.2500"});
}

TEST(Program, IsShownWithItsAgreement) {
  const Sheet sheet = drawn(draw_program, testing::program());
  expect_parts(sheet.body(),
               {"Answers as the model does on 9,990 of 10⁴ pairs, otherwise on 10 (one in 1,000).",
                "carry = a &lt; b", "program.cpp"});
}

}  // namespace
}  // namespace carryscope::reports
