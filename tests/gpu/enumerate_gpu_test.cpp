// Enumeration on a GPU against the processor's, count for count. Without a GPU every case is skipped, and
// says why.
#include "verify/enumerate_gpu.h"

#include <gtest/gtest.h>

#include <numeric>

#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "verify/enumerate.h"

namespace carryscope::verify {
namespace {

class EnumerateGpu : public testing::TestWithParam<const char*> {};

// All pairs below 10^4: the upper places' blocks one after the other.
TEST_P(EnumerateGpu, CountsWhatTheProcessorCounts) {
  if (const std::string missing = enumerate_gpu_missing(); !missing.empty())
    GTEST_SKIP() << "no GPU: " << missing;
  const model::Decoder decoder =
      model::load(std::string(CARRYSCOPE_SOURCE_DIR) + "/checkpoints/" + GetParam() + ".pt").decoder;
  const auto tables = model::DecodeTables::make(decoder);
  ASSERT_TRUE(tables);
  std::vector<std::uint8_t> upper;
  for (int block = 0; block < 10'000; ++block)
    for (const int operand : {block / 100, block % 100})
      for (int place = 0; place < 10; ++place)
        upper.push_back(static_cast<std::uint8_t>(place == 2 ? operand % 10 : place == 3 ? operand / 10 : 0));
  const std::vector<std::uint32_t> counts = GpuEnumerator(*tables).first_failures(upper);
  std::vector<std::uint64_t> total(11);
  for (std::size_t i = 0; i < counts.size(); ++i) total[i % 11] += counts[i];
  EXPECT_EQ(total, enumerate(decoder, *all_below(4, 10), {.threads = 2}).first_failures);
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, EnumerateGpu, testing::Values("271", "311", "491"));

TEST(EnumerateGpu, WithoutAGpuItIsRefused) {
  if (enumerate_gpu_missing().empty()) GTEST_SKIP() << "there is a GPU";
  const auto decoder = model::load(std::string(CARRYSCOPE_SOURCE_DIR) + "/checkpoints/311.pt").decoder;
  const auto tables = model::DecodeTables::make(decoder);
  ASSERT_TRUE(tables);
  try {
    GpuEnumerator enumerator(*tables);
    FAIL() << "an enumerator without a GPU";
  } catch (const model::InputError& error) {
    EXPECT_NE(std::string(error.what()).find("enumerate on the processor"), std::string::npos);
  }
}

}  // namespace
}  // namespace carryscope::verify
