// Random models searched to the end and compared, pair by pair, with brute force.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "model/checkpoint/decoder_json.h"
#include "tests/model/random_decoder.h"
#include "tests/verify/certified.h"
#include "tests/verify/noisy_adder.h"

namespace carryscope::test {

using model::Decoder;
using verify::Semantics;
using verify::Verdict;

// CARRYSCOPE_SEED repeats a run.
inline std::uint64_t fresh_seed() {
  const char* fixed = std::getenv("CARRYSCOPE_SEED");
  return fixed ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
}

inline model::testing::RandomModel wanted(model::testing::Random& random, int digits) {
  model::testing::RandomModel m;
  m.digits = digits;
  m.weight = std::ldexp(1.0, model::testing::pick(random, -2, 1));
  // Scores further apart than exp reaches leave pairs undecided, so no more than some hundreds.
  m.score_scale = std::ldexp(1.0, model::testing::pick(random, -2, 3)) / std::max(1.0, m.weight * m.weight);
  return m;
}

// Every third is an adder with noise, which is mostly right; random weights are mostly wrong.
inline Decoder decoder_of(std::uint64_t seed, int digits) {
  model::testing::Random random(seed);
  if (seed % 3 == 0) return noisy_adder(random, digits);
  const auto m = wanted(random, digits);
  return model::testing::random_decoder(random, m);
}

// Leaves the model where a regression case can be made of it.
inline void keep(const Decoder& decoder, std::uint64_t seed) {
  const std::string path = testing::TempDir() + "failing_" + std::to_string(seed) + ".decoder.json";
  std::ofstream(path) << model::write_decoder_json(decoder);
  std::printf("the model is in %s\n", path.c_str());
}

struct Tested {
  std::uint64_t correct = 0, wrong = 0, rounding = 0, ties = 0, by_balls = 0, nodes = 0;
};

// Over the reals: exactly the truth; a pair may stay undecided only where not even balls tell.
inline void compare_real(const Truth& truth, int step, const StepVerdicts& certified, Tested& tested) {
  const auto& outcomes = truth.outcome[static_cast<std::size_t>(step)];
  for (std::uint64_t i = 0; i < outcomes.size(); ++i) {
    const Verdict v = certified.verdict[i];
    const bool agrees = outcomes[i] == Outcome::ahead    ? v == Verdict::correct
                        : outcomes[i] == Outcome::behind ? v == Verdict::wrong
                                                         : v == Verdict::undecided;
    (outcomes[i] == Outcome::ahead    ? tested.correct
     : outcomes[i] == Outcome::behind ? tested.wrong
                                      : tested.ties)++;
    ASSERT_TRUE(agrees) << "step " << step << ", pair " << i << ": verdict " << static_cast<int>(v)
                        << ", truth " << static_cast<int>(outcomes[i]);
  }
}

// Under float32 what is certified holds over the reals and in every program; nothing is undecided.
inline void compare_float32(const Truth& truth, int step, const StepVerdicts& certified, Tested& tested) {
  const auto& outcomes = truth.outcome[static_cast<std::size_t>(step)];
  for (std::uint64_t i = 0; i < outcomes.size(); ++i) {
    const Verdict v = certified.verdict[i];
    (v == Verdict::correct ? tested.correct : v == Verdict::wrong ? tested.wrong : tested.rounding)++;
    const bool holds = v == Verdict::rounding || (v == Verdict::correct && outcomes[i] == Outcome::ahead) ||
                       (v == Verdict::wrong && outcomes[i] == Outcome::behind);
    ASSERT_TRUE(holds) << "step " << step << ", pair " << i << ": verdict " << static_cast<int>(v)
                       << ", over the reals " << static_cast<int>(outcomes[i]);
  }
}

inline void compare_programs(const Decoder& decoder, const std::vector<StepVerdicts>& certified) {
  std::uint64_t against = 0;
  for_each_float_outcome(decoder, [&](int step, std::uint64_t i, Outcome outcome) {
    const Verdict v = certified[static_cast<std::size_t>(step)].verdict[i];
    against +=
        v == Verdict::correct ? outcome != Outcome::ahead : v == Verdict::wrong && outcome != Outcome::behind;
  });
  ASSERT_EQ(against, 0U) << "float32 programs contradict what is certified";
}

inline void check(const Decoder& decoder, Semantics semantics, Tested& tested) {
  const Truth known = truth(decoder);
  tested.by_balls += known.by_balls;
  std::vector<StepVerdicts> certified;
  for (int step = 0; step < decoder.layout.answer_digits(); ++step) {
    certified.push_back(upward(certified_step, decoder, semantics, step));
    tested.nodes += certified.back().tally.nodes;
    ASSERT_EQ(verify::to_string(certified.back().tally.correct + certified.back().tally.wrong +
                                certified.back().tally.rounding + certified.back().tally.undecided),
              verify::to_string(verify::all_pairs(decoder.layout.digits)));
    (semantics == Semantics::real ? compare_real : compare_float32)(known, step, certified.back(), tested);
    if (testing::Test::HasFatalFailure()) return;
  }
  if (semantics == Semantics::float32) compare_programs(decoder, certified);
}

inline Tested check_random_models(int models, int digits, Semantics semantics) {
  const std::uint64_t first = fresh_seed();
  std::printf("seeds %llu and the next %d\n", static_cast<unsigned long long>(first), models - 1);
  Tested tested;
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(models); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Decoder decoder = decoder_of(seed, digits);
    check(decoder, semantics, tested);
    if (testing::Test::HasFailure()) {
      keep(decoder, seed);
      break;
    }
  }
  std::printf(
      "steps of pairs: %llu correct, %llu wrong, %llu rounding, %llu ties; %llu by balls; %llu nodes\n",
      static_cast<unsigned long long>(tested.correct), static_cast<unsigned long long>(tested.wrong),
      static_cast<unsigned long long>(tested.rounding), static_cast<unsigned long long>(tested.ties),
      static_cast<unsigned long long>(tested.by_balls), static_cast<unsigned long long>(tested.nodes));
  return tested;
}

// One model again that once went wrong.
inline void check_seed(std::uint64_t seed, int digits, Semantics semantics) {
  Tested tested;
  check(decoder_of(seed, digits), semantics, tested);
}

inline void expect_both_sides(const Tested& tested) {
  EXPECT_GT(tested.correct, 0U);
  EXPECT_GT(tested.wrong, 0U);
}

}  // namespace carryscope::test
