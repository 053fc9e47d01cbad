// Fine-tuning: what is carried forward is never worse than what was given, and a second start repeats
// nothing.
#include "train/finetune.h"

#include <gtest/gtest.h>

#include "model/error.h"
#include "tests/train/small_run.h"

namespace carryscope::train {
namespace {

class FinetuneTest : public ::testing::Test {
 protected:
  FinetuneTest() {
    const Plan plan = testing::small_plan(1, 400);
    run(plan, RunFolder(folder_ / "base"), testing::every(200));
    source_ = folder_ / "base/best.pt";
    options_.rounds = {{1e-2, 60}, {1e-3, 60}};
    options_.sweep.folder = folder_ / "tuned";
    options_.sweep.seeds = {1, 2};
    options_.sweep.run = testing::every(30);
  }

  model::testing::Folder folder_;
  std::string source_;
  FinetuneOptions options_;
};

TEST_F(FinetuneTest, CarriesTheFewestErrorsForward) {
  const Finetuned result = finetune(model::load(source_), source_, options_);
  ASSERT_EQ(result.rounds.size(), 2u);
  Score best = result.score_before;
  for (const auto& rows : result.rounds) {
    ASSERT_EQ(rows.size(), 2u);
    for (const SweepRow& row : rows)
      if (const Score score{row.outcome.best, row.outcome.validation}; better(score, best)) best = score;
  }
  EXPECT_EQ(json(result.score.exact), json(best.exact));
  EXPECT_FALSE(better(result.score_before, result.score));
  const ExactError again = exact_error(*model::load(result.source).factored, verify::Semantics::real, 10);
  EXPECT_EQ(again.at_most, result.score.exact.at_most);
}

TEST(Score, ASampleDecidesOnlyWhereTheProofsDoNot) {
  const ExactError open{100, 3, 100}, narrower{100, 9, 40}, few{100, 2, 2}, none{100, 0, 0},
      unknown{100, 0, 100};
  EXPECT_TRUE(better(Score{open, 0.9}, Score{narrower, 0.8}));
  EXPECT_FALSE(better(Score{open, 0.8}, Score{open, 0.8}));
  EXPECT_TRUE(better(Score{narrower, 0.8}, Score{open, 0.8}));
  EXPECT_TRUE(better(Score{few, 0.1}, Score{open, 0.9}));
  EXPECT_TRUE(better(Score{none, 0.1}, Score{unknown, 0.9}));
  EXPECT_FALSE(better(Score{unknown, 0.9}, Score{none, 0.1}));
}

TEST_F(FinetuneTest, ASecondStartFinishesTheRest) {
  const Finetuned whole = finetune(model::load(source_), source_, options_);
  std::atomic<bool> flag = false;
  FinetuneOptions cut = options_;
  cut.sweep.folder = folder_ / "cut";
  cut.sweep.run.interrupted = &flag;
  cut.sweep.finished = [&](const SweepRow&) { flag = true; };
  EXPECT_TRUE(finetune(model::load(source_), source_, cut).interrupted);
  flag = false, cut.sweep.finished = nullptr;
  const Finetuned rest = finetune(model::load(source_), source_, cut);
  EXPECT_FALSE(rest.interrupted);
  EXPECT_EQ(rest.best.sha256, whole.best.sha256);
  EXPECT_EQ(json(rest)["after"], json(whole)["after"]);
}

TEST_F(FinetuneTest, ADenseDecoderIsRefused) {
  model::Checkpoint dense = model::load(source_);
  dense.factored.reset();
  EXPECT_THROW(finetune(dense, "dense.decoder.json", options_), model::InputError);
}

}  // namespace
}  // namespace carryscope::train
