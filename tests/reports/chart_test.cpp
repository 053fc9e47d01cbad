// Charts from rows of either form: what is on the axes, in the cells, behind the drop-downs.
#include "reports/chart.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace carryscope::reports {
namespace {

using nlohmann::json;

const json kObjects = {{"list",
                        {{{"x", 1}, {"in", {{"y", "1200"}}}, {"kind", "p"}},
                         {{"x", 2}, {"in", {{"y", "0"}}}, {"kind", "q"}},
                         {{"x", 3}, {"in", {{"y", "30"}}}, {"kind", "p"}}}}};

const json kTable = {{"shares",
                      {{"columns",
                        {{{"name", "step"}, {"unit", ""}},
                         {{"name", "key"}, {"unit", ""}},
                         {{"name", "head"}, {"unit", ""}},
                         {{"name", "mean"}, {"unit", "share"}},
                         {{"name", "most"}, {"unit", "share"}}}},
                       {"rows",
                        {{0, "a0", 0, 0.25, 0.5},
                         {0, "b0", 0, 0.75, 0.9},
                         {1, "a0", 0, 1.0, 1.0},
                         {0, "a0", 1, 0.125, 0.2}}}}}};

json drawn(const Chart& chart, const json& record) {
  Sheet sheet;
  draw(chart, record, sheet);
  return sheet.data().contains("figures") ? sheet.data()["figures"][std::string(chart.id)] : json();
}

TEST(Chart, BarsFromObjects) {
  const Chart chart{
      .record = "r", .rows = "list", .id = "c", .title = "T", .text = "", .x = "x", .y = "in.y", .log = true};
  const json figure = drawn(chart, kObjects);
  EXPECT_EQ(figure["data"][0]["x"], (json{1, 2, 3}));
  EXPECT_EQ(figure["data"][0]["y"], (json{1200.0, nullptr, 30.0}));
  EXPECT_EQ(figure["data"][0]["hovertemplate"], "x: %{x}<br>y: %{y}<extra></extra>");
  EXPECT_EQ(figure["layout"]["yaxis"]["type"], "log");
}

TEST(Chart, ATraceForEachSeries) {
  const Chart chart{.record = "r",
                    .rows = "list",
                    .id = "c",
                    .title = "T",
                    .text = "",
                    .kind = Kind::lines,
                    .x = "x",
                    .y = "in.y",
                    .series = "kind"};
  const json figure = drawn(chart, kObjects);
  ASSERT_EQ(figure["data"].size(), 2u);
  EXPECT_EQ(figure["data"][0]["x"], (json{1, 3}));
  EXPECT_EQ(figure["data"][1]["name"], "q");
}

TEST(Chart, AHeatMapForEachChoice) {
  const Chart chart{.record = "r",
                    .rows = "shares",
                    .id = "c",
                    .title = "T",
                    .text = "",
                    .kind = Kind::heatmap,
                    .x = "key",
                    .y = "step",
                    .values = {"mean"},
                    .hover = {"most"},
                    .choices = {"head"}};
  const json figure = drawn(chart, kTable);
  ASSERT_EQ(figure["variants"].size(), 2u);
  const json map = figure["variants"][0]["data"][0];
  EXPECT_EQ(map["x"], (json{"a0", "b0"}));
  EXPECT_EQ(map["y"], (json{"0", "1"}));
  EXPECT_EQ(map["z"], (json{{0.25, 0.75}, {1.0, nullptr}}));
  EXPECT_EQ(map["customdata"][0][1], (json{"0.9"}));
  EXPECT_EQ(figure["variants"][1]["data"][0]["z"], (json{{0.125}}));
}

TEST(Chart, TheReaderChoosesAmongColours) {
  const Chart chart{.record = "r",
                    .rows = "shares",
                    .id = "c",
                    .title = "T",
                    .text = "",
                    .kind = Kind::heatmap,
                    .x = "key",
                    .y = "step",
                    .values = {"mean", "most"}};
  const json figure = drawn(chart, kTable);
  ASSERT_EQ(figure["variants"].size(), 2u);
  EXPECT_EQ(figure["variants"][1]["data"][0]["name"], "most");
}

TEST(Chart, NothingWhereALogarithmHasNothing) {
  json zero = kObjects;
  for (json& row : zero["list"]) row["in"]["y"] = "0";
  const Chart chart{
      .record = "r", .rows = "list", .id = "c", .title = "T", .text = "", .x = "x", .y = "in.y", .log = true};
  EXPECT_TRUE(drawn(chart, zero).is_null());
}

TEST(Chart, AMissingColumnIsAnError) {
  const Chart chart{
      .record = "r", .rows = "shares", .id = "c", .title = "T", .text = "", .x = "step", .y = "least"};
  EXPECT_THROW(drawn(chart, kTable), json::exception);
}

TEST(Chart, EveryRowOfTheTableHasItsOwnId) {
  for (const Chart& chart : charts())
    EXPECT_EQ(std::ranges::count(charts(), chart.id, &Chart::id), 1) << chart.id;
}

}  // namespace
}  // namespace carryscope::reports
