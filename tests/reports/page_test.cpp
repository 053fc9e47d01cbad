// Pages from records alone: the same bytes each time, what is missing named with its command, hostile names
// shown as text, records of another shape refused in one sentence.
#include "reports/page.h"

#include <gtest/gtest.h>

#include "reports/compare.h"
#include "reports/error.h"
#include "reports/markdown.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope::reports {
namespace {

using model::testing::expect_parts;
using nlohmann::json;

json counts(const char* total, const char* correct, const char* wrong, const char* undecided) {
  return {{"total", total},
          {"correct", correct},
          {"wrong", wrong},
          {"undecided", undecided},
          {"rounding_dependent", "0"}};
}

json certify(const json& pairs) {
  return {{"format", "carryscope-certify"},
          {"version", 1},
          {"model", "m"},
          {"parameters", 311},
          {"digits", 2},
          {"model_sha256", std::string(64, 'a')},
          {"semantics", "real"},
          {"ulps", nullptr},
          {"exact", true},
          {"pairs", pairs},
          {"steps",
           {{{"step", 0}, {"place", 0}, {"pairs", pairs}, {"first_failures", pairs["wrong"]}, {"nodes", 3}}}},
          {"by_cascade", json::array()},
          {"by_carries", json::array()},
          {"regions",
           {{{"step", 0},
             {"pattern", "a=.[2-4]  b=.5  s=..0  c=.01"},
             {"pairs", "30"},
             {"first_failures", "30"},
             {"example", {{"a", 12}, {"b", 5}, {"sum", 17}, {"prediction", 19}}}}}},
          {"region_count", 1},
          {"smallest_margin", {{"low", -0.5}, {"high", -0.5}, {"a", 12}, {"b", 5}, {"step", 0}}}};
}

Records records(const json& pairs = counts("10000", "9970", "30", "0")) {
  return {"m", {{"certify", certify(pairs)}}};
}

TEST(Page, TheSameRecordsGiveTheSameBytes) {
  EXPECT_EQ(page(records()), page(records()));
  EXPECT_EQ(comparison({records(), records()}), comparison({records(), records()}));
}

TEST(Page, SaysWhatIsProven) {
  const auto said = [](const char* correct, const char* wrong, const char* undecided) {
    return page(records(counts("10000", correct, wrong, undecided)));
  };
  expect_parts(said("9970", "30", "0"), {"Gets exactly 30 of 10⁴ pairs wrong: one in 333", "0.997<"});
  expect_parts(said("10000", "0", "0"), {"Adds all 10⁴ pairs correctly, proven"});
  expect_parts(said("9000", "30", "970"), {"Wrong on 30 to 1,000 of 10⁴ pairs", "0.9 to 0.997"});
  expect_parts(said("9", "9991", "0"), {"This model does not add: it gets 9 of 10⁴ pairs right"});
  expect_parts(said("0", "9900", "100"), {"This model does not add: at most 1 % of 10⁴ pairs"});
}

TEST(Page, NamesTheCommandOfWhatIsMissing) {
  const std::string empty = page({"nothing", {}});
  expect_parts(empty, {"carryscope certify MODEL --json DIR/certify.json", "carryscope train"});
  EXPECT_EQ(page(records()).find("--json DIR/certify.json"), std::string::npos);
}

TEST(Page, ShowsWhyAnAnalysisRefused) {
  const std::string html = page({"two layers", {{"certify", {{"refused", "needs one layer, not 2"}}}}});
  expect_parts(html, {"Refused: needs one layer, not 2"});
}

TEST(Page, ShowsRecordsAsText) {
  Records hostile = records();
  hostile.name = "<script>alert(1)</script>";
  hostile.by_name["certify"]["model_sha256"] = "\"><img src=x>";
  hostile.by_name["certify"]["regions"][0]["pattern"] = "a=<b>.";
  hostile.by_name["model"] = {{"layout", {{"digits", 2}}}, {"name", "</script><script>alert(2)"}};
  for (const std::string& html : {page(hostile), comparison({hostile, hostile})}) {
    EXPECT_EQ(html.find("<script>alert"), std::string::npos);
    EXPECT_EQ(html.find("<img"), std::string::npos);
    EXPECT_EQ(html.find("<b>."), std::string::npos);
  }
}

TEST(Page, FetchesNothingAndIsSmall) {
  const std::string html = page(records());
  expect_parts(html, {"default-src 'none'"});
  EXPECT_LT(html.size(), 3'000'000u);
}

TEST(Page, RefusesRecordsOfAnotherShape) {
  for (const char* field : {"pairs", "steps", "regions", "smallest_margin"}) {
    Records other = records();
    other.by_name["certify"][field] = 7;
    try {
      page(other);
      ADD_FAILURE() << field;
    } catch (const BadRecord& error) {
      expect_parts(error.what(), {"m: record certify", "carryscope certify"});
    }
  }
  Records other = records(counts("10000", "9970", "-30", "0"));
  EXPECT_THROW(page(other), BadRecord);
}

TEST(Markdown, SumsUp) {
  expect_parts(markdown({records()}),
               {"## m", "one in 333", "| wrong | 30 |", "12 + 5 = 17, the model says 19"});
  expect_parts(markdown({{"nothing", {}}}), {"Not certified: `carryscope certify"});
}

class Folder : public ::testing::Test {
 protected:
  model::testing::Folder folder_;
};

TEST_F(Folder, OfRecordsIsRead) {
  model::testing::put(folder_ / "certify.json", certify(counts("1", "1", "0", "0")).dump());
  model::testing::put(folder_ / "other.json", R"({"format": "other"})");
  model::testing::put(folder_ / "metrics.jsonl", "{\"step\": 1}\n{\"step\": 2}\n");
  model::testing::put(folder_ / "explain.json",
                      R"({"format": "carryscope-explain", "version": 1,
                          "analyses": [{"name": "margins", "refused": "no"}, {"name": "certify", "refused": null}]})");
  const Records read = read_records(folder_ / "");
  EXPECT_TRUE(read.find("certify") && read.find("certify")->contains("pairs"));
  EXPECT_FALSE(read.find("other"));
  ASSERT_TRUE(read.find("metrics") && read.find("margins"));
  EXPECT_EQ(read.find("metrics")->size(), 2u);
  EXPECT_EQ((*read.find("margins"))["refused"], "no");
}

TEST_F(Folder, RefusesDamagedRecords) {
  const auto expect_refused = [this](const char* name, const char* text, const char* part) {
    model::testing::put(folder_ / name, text);
    try {
      read_records(folder_ / "");
      ADD_FAILURE() << name;
    } catch (const BadRecord& error) {
      expect_parts(error.what(), {part});
    }
    std::remove((folder_ / name).c_str());
  };
  expect_refused("certify.json", "{", "certify.json");
  expect_refused("certify.json", R"({"format": "carryscope-certify", "version": 9})", "version: expected 1");
  expect_refused("metrics.jsonl", "{}\n{", "metrics.jsonl: line 2");
}

}  // namespace
}  // namespace carryscope::reports
