// The paper's schedule at steps where its values are known without a cosine, or by a half-angle.
#include "train/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

namespace carryscope::train {
namespace {

TEST(Schedule, WarmsUpInALine) {
  const Recipe& paper = recipe("paper");
  EXPECT_DOUBLE_EQ(learning_rate(paper, 0), 0.02 / 1350);
  EXPECT_DOUBLE_EQ(learning_rate(paper, 134), 0.002);
  EXPECT_DOUBLE_EQ(learning_rate(paper, 1349), 0.02);
}

TEST(Schedule, FallsAlongACosineToTheFloor) {
  const Recipe& paper = recipe("paper");
  constexpr std::int64_t kFall = 162'000 - 1350;
  EXPECT_DOUBLE_EQ(learning_rate(paper, 1350), 0.02);
  EXPECT_NEAR(learning_rate(paper, 1350 + kFall / 2), 0.011, 1e-15);
  EXPECT_NEAR(learning_rate(paper, 1350 + kFall / 3), 0.002 + 0.018 * 0.75, 1e-15);  // cos 60 degrees is 1/2
  EXPECT_GT(learning_rate(paper, 161'999), 0.002);
  EXPECT_NEAR(learning_rate(paper, 161'999), 0.002, 1e-11);
  EXPECT_DOUBLE_EQ(learning_rate(paper, 162'000), 0.002);
  EXPECT_DOUBLE_EQ(learning_rate(paper, 400'000), 0.002);
}

TEST(Schedule, NeverRisesAfterTheWarmUp) {
  Recipe short_run;
  short_run.steps = 60, short_run.warmup = 10;
  for (std::int64_t k = 10; k < 70; ++k)
    EXPECT_LE(learning_rate(short_run, k + 1), learning_rate(short_run, k)) << k;
}

TEST(Schedule, DoesWithoutWarmUpAndWithoutAFall) {
  Recipe plain;
  plain.warmup = 0;
  EXPECT_DOUBLE_EQ(learning_rate(plain, 0), plain.peak_rate);
  plain.steps = 100, plain.warmup = 200;  // shorter than its warm-up
  EXPECT_DOUBLE_EQ(learning_rate(plain, 99), plain.peak_rate / 2);
  const Recipe round = finetune_round(1e-3, 100'000);
  EXPECT_DOUBLE_EQ(learning_rate(round, 499), 1e-3);
  EXPECT_DOUBLE_EQ(learning_rate(round, 100'000), 1e-5);
}

}  // namespace
}  // namespace carryscope::train
