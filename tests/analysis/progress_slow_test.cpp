// The record `progress` of a folder made by hand: two checkpoints as snapshots of one run.
#include "analysis/progress.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "model/error.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope {
namespace {

using analysis::Json;

class Progress : public ::testing::Test {
 protected:
  void snapshot(const char* checkpoint, int step) const {
    std::filesystem::copy_file(CARRYSCOPE_SOURCE_DIR "/checkpoints/" + std::string(checkpoint),
                               folder_ / ("step-" + std::to_string(step) + ".pt"));
  }
  void metrics(const std::string& lines) const { std::ofstream(folder_ / "metrics.jsonl") << lines; }

  model::testing::Folder folder_;
};

TEST_F(Progress, HasARowForEachSnapshotOfTheLastTry) {
  snapshot("311.pt", 100);
  snapshot("271.pt", 200);
  snapshot("311.pt", 999);
  metrics(
      "{\"step\": 999, \"loss\": 2.0, \"retries\": 0}\n"
      "{\"step\": 100, \"loss\": 0.5, \"retries\": 1}\n"
      "{\"step\": 150, \"loss\": 0.4, \"retries\": 1}\n"
      "{\"step\": 200, \"loss\": 0.3, \"retries\": 1}\n");
  const Json record = analysis::progress(folder_.path(), {});
  const Json& rows = record["snapshots"]["rows"];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0][0], 100);
  EXPECT_EQ(rows[1][0], 200);
  EXPECT_EQ(rows[0][3], "0") << "both are proven to add";
  EXPECT_EQ(rows[0][4], "0");
  EXPECT_GT(rows[0][6].get<int>(), 20);
  EXPECT_EQ(record["classes"]["rows"].size(), 22u);
  EXPECT_EQ(record["margins"]["rows"].size(), 22u);
  EXPECT_EQ(record["margins"]["rows"][0][2], 1.0);
}

TEST_F(Progress, SaysWhatIsMissing) {
  EXPECT_THROW(analysis::progress(folder_.path(), {}), model::InputError);
  metrics("{\"step\": 100, \"loss\": 0.5}\n");
  try {
    analysis::progress(folder_.path(), {});
    FAIL();
  } catch (const model::InputError& refusal) {
    EXPECT_NE(std::string(refusal.what()).find("--snapshots"), std::string::npos) << refusal.what();
  }
}

}  // namespace
}  // namespace carryscope
