// What the search says of every step, to compare what Z3 proves with. Some random models are hard for one of
// the two: each has its time, and what either leaves open is counted and not compared.
#pragma once

#include <gtest/gtest.h>

#include "tests/verify/random_models.h"
#include "verify/search_all.h"
#include "verify/smt_engine.h"

namespace carryscope::test {

inline constexpr double kSeconds = 10;  // of a model, for either engine

inline std::vector<verify::Proof> searched(const Decoder& decoder) {
  verify::SearchAll searches(decoder, Semantics::real, 1);
  searches.run(verify::Deadline(kSeconds), false, {});
  std::vector<verify::Proof> verdicts;
  for (int step = 0; step < searches.steps(); ++step) {
    verify::Tally tally;
    for (const auto& entry : searches.step(step)) tally += entry.search->tally();
    verdicts.push_back(tally.wrong > 0       ? verify::Proof::refuted
                       : tally.undecided > 0 ? verify::Proof::undecided
                                             : verify::Proof::proven);
  }
  return verdicts;
}

// A counterexample fails over the reals, by balls: no code of verify/ is asked.
inline void expect_fails(const Decoder& decoder, const verify::StepProof& proof) {
  ASSERT_TRUE(proof.counterexample);
  Evaluation<Ball> balls(decoder);
  balls.run(proof.counterexample->pair);
  EXPECT_EQ(proven(balls, decoder, proof.step), Outcome::behind);
  EXPECT_TRUE(proof.counterexample->margin.is_negative());
}

struct Compared {
  int proven = 0, refuted = 0, undecided = 0;
  int steps() const { return proven + refuted + undecided; }
};

inline void compare_with_search(const Decoder& decoder, Compared& compared) {
  const auto expected = searched(decoder);
  for (const verify::StepProof& proof : verify::prove(decoder, {.time_limit = kSeconds})) {
    SCOPED_TRACE("step " + std::to_string(proof.step));
    const verify::Proof search = expected[static_cast<std::size_t>(proof.step)];
    if (proof.verdict == verify::Proof::refuted) expect_fails(decoder, proof);
    if (search == verify::Proof::undecided || proof.verdict == verify::Proof::undecided) {
      ++compared.undecided;
      continue;
    }
    ASSERT_EQ(static_cast<int>(proof.verdict), static_cast<int>(search));
    ++(proof.verdict == verify::Proof::proven ? compared.proven : compared.refuted);
  }
}

inline Compared compare_random_models(int models, int digits) {
  const std::uint64_t first = fresh_seed();
  std::printf("seeds %llu and the next %d\n", static_cast<unsigned long long>(first), models - 1);
  std::fflush(stdout);
  Compared compared;
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(models); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Decoder decoder = decoder_of(seed, digits);
    compare_with_search(decoder, compared);
    if (testing::Test::HasFailure()) {
      keep(decoder, seed);
      break;
    }
  }
  std::printf("steps: %d proven, %d refuted, %d undecided\n", compared.proven, compared.refuted,
              compared.undecided);
  return compared;
}

}  // namespace carryscope::test
