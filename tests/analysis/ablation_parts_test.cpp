// Every part of random models cut in every way: what the search counts against all pairs, one by one in
// doubles.
#include "analysis/ablation_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "analysis/plain_step.h"
#include "analysis/wrong_pairs.h"
#include "model/pairs.h"
#include "tests/verify/brute_force.h"
#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

using analysis::AblationKind, analysis::AblationPart, analysis::AblationParts, analysis::EditedStep;

struct Plain {
  std::uint64_t wrong = 0, unclear = 0;
};

Plain all_pairs_of(const std::vector<EditedStep>& edits, int digits) {
  analysis::PlainStep run(edits);
  Plain plain;
  for (std::uint64_t i = 0; i < test::domain_size(digits); ++i) {
    const model::Pair pair = test::pair_of(i, digits);
    const double margin = run.margin(run(pair), pair);
    plain.wrong += margin < -1e-9;
    plain.unclear += !(margin < -1e-9) && !(margin > 1e-9);
  }
  return plain;
}

// Some pair's weights all underflow: scores of a head are further apart than doubles' exponentials reach
// (row_shift in interval.h). Then 0/0 is no answer.
bool beyond_doubles(const std::vector<EditedStep>& edits) {
  const auto surely_read = [](const std::vector<verify::Reading>& cell) {
    return std::ranges::all_of(cell, [](const verify::Reading& r) { return r.weight.lower() > 0.0; });
  };
  for (const EditedStep& edit : edits)
    for (const verify::Attended& state : edit.states)
      for (const auto& head : state.readings)
        if (std::ranges::none_of(head, surely_read)) return true;
  return false;
}

TEST(AblationParts, EveryCutIsCountedAsItsPlainTwinDoes) {
  const std::uint64_t first = test::fresh_seed();
  std::printf("CARRYSCOPE_SEED=%llu\n", static_cast<unsigned long long>(first));
  std::set<std::string_view> nodes, kinds;
  int decided = 0, all = 0;
  for (std::uint64_t seed = first; seed < first + 4; ++seed) {
    model::Checkpoint checkpoint;
    checkpoint.decoder = test::decoder_of(seed, 1);
    const analysis::Subject subject(checkpoint);
    const AblationParts parts(subject, model::uniform_pairs(40, seed, 1).pairs);
    for (const AblationPart& part : parts.parts())
      for (const AblationKind& kind : analysis::ablation_kinds())
        for (int step = 0; step < subject.decoder().layout.answer_digits(); ++step) {
          const auto edits = parts.cut(part, step, kind);
          if (edits.empty()) continue;
          SCOPED_TRACE(std::string(part.node) + " " + std::to_string(part.index) + ", " +
                       std::string(kind.name) + ", step " + std::to_string(step) + ", seed " +
                       std::to_string(seed));
          ++all;
          nodes.insert(part.node);
          kinds.insert(kind.name);
          const Plain plain = all_pairs_of(edits, 1);
          const verify::Counts n = wrong_pairs(subject.network(), edits, false, {.work = 20'000}).pairs;
          EXPECT_EQ(n.wrong + n.correct + n.undecided, n.total);
          EXPECT_LE(static_cast<std::uint64_t>(n.wrong), plain.wrong + plain.unclear);
          EXPECT_GE(static_cast<std::uint64_t>(n.wrong + n.undecided), plain.wrong);
          if (!beyond_doubles(edits)) {
            ++decided;
            EXPECT_LE(static_cast<std::uint64_t>(n.undecided), plain.unclear);
          }
        }
  }
  std::printf("%d of %d cuts decided\n", decided, all);
  EXPECT_GT(decided, all / 2);
  EXPECT_EQ(kinds.size(), analysis::ablation_kinds().size());
  EXPECT_TRUE(nodes.contains("head") && nodes.contains("a_t"));
}

}  // namespace
}  // namespace carryscope
