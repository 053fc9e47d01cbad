// What the search says of every single pair of a small domain: its leaves, spelled out.
#pragma once

#include <gtest/gtest.h>

#include "tests/verify/brute_force.h"
#include "tests/verify/upward.h"
#include "verify/step_search.h"

namespace carryscope::test {

inline constexpr std::uint64_t kMostNodes = 2'000'000;  // a question; random models need far fewer

struct StepVerdicts {
  std::vector<verify::Verdict> verdict;  // [pair]
  verify::Tally tally;
};

template <class T>
StepVerdicts certified_step_over(const model::Decoder& decoder, verify::Semantics semantics, int step) {
  using namespace verify;
  const int digits = decoder.layout.digits;
  StepVerdicts result;
  result.verdict.assign(domain_size(digits), Verdict::correct);
  std::vector<char> seen(domain_size(digits), 0);
  const model::AttentionTable<T> table(decoder);
  for (const Question& question : questions_of_step(table, step)) {
    const auto tail = TailBounds::make(decoder, semantics, question.axes);
    StepSearch search(question, decoder, semantics, Cube::everything(digits));
    EXPECT_TRUE(search.run(*tail, kMostNodes)) << "step " << step << " is not finished";
    result.tally += search.tally();
    for (const Leaf& leaf : search.leaves()) {
      EXPECT_EQ(to_string(leaf.pairs), to_string(count(leaf.cube)));
      for (Count rank = 0; rank < leaf.pairs; ++rank) {
        const std::uint64_t i = index_of(nth_pair(leaf.cube, rank), digits);
        EXPECT_FALSE(seen[i]++) << "leaves overlap at pair " << i;
        result.verdict[i] = leaf.verdict;
      }
    }
  }
  return result;
}

// Builds the tables and searches all questions of a step, to the end. Rounding mode upward.
inline StepVerdicts certified_step(const model::Decoder& decoder, verify::Semantics semantics, int step) {
  return semantics == verify::Semantics::real
             ? certified_step_over<verify::Interval>(decoder, semantics, step)
             : certified_step_over<verify::Float32>(decoder, semantics, step);
}

}  // namespace carryscope::test
