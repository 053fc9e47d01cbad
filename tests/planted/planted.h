// Adders with a failing set of exactly N pairs, known by construction: ground truth for every engine.
//
// An adder of n digits holds at most ten needles (certify bounds five under float32), one for each digit:
// needles of different digits fix the same place of b, so no pair is hit by two, and N is a sum of at most
// ten powers of ten. What is expected of an engine comes from the needles' tokens alone (inclusion and
// exclusion), never from another engine.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "model/planted.h"
#include "model/python_random.h"
#include "verify/certify.h"

namespace carryscope::test {

inline verify::Count power(int exponent) { return exponent == 0 ? 1 : 10 * power(exponent - 1); }

struct Planted {
  int digits = 0;
  std::vector<model::Needle> needles;

  model::Decoder decoder() const { return model::planted_adder(digits, needles); }
  bool wrong(model::Pair pair) const {
    return std::ranges::any_of(needles, [&](const model::Needle& n) { return n.hits(pair); });
  }
};

// N's decimal digits add up to at most ten, N < 10^(2 digits). Steps: all alike, or one after the other.
inline Planted planted(int digits, verify::Count wrong, int step = -1) {
  Planted p{digits, {}};
  for (int free = 0; wrong > 0; ++free, wrong /= 10)
    for (auto left = static_cast<int>(wrong % 10); left > 0; --left) {
      const int i = static_cast<int>(p.needles.size());
      p.needles.push_back(
          model::make_needle(digits, free, step < 0 ? (free + i) % (digits + 1) : step, (i + 7) % 10));
    }
  return p;
}

// Pairs that every one of these needles hits.
inline verify::Count pairs_in_all(int digits, const std::vector<const model::Needle*>& needles) {
  std::set<std::pair<model::Role, int>> fixed;
  for (const model::Needle* needle : needles)
    for (const model::Slot& token : needle->tokens) {
      fixed.insert({token.role, token.place});
      for (const model::Needle* other : needles)
        if (other->digit != needle->digit && std::ranges::count(other->tokens, token) > 0) return 0;
    }
  return power(2 * digits - static_cast<int>(fixed.size()));
}

// Pairs that some needle hits.
inline verify::Count pairs_in_any(int digits, const std::vector<model::Needle>& needles) {
  verify::Count added = 0, taken = 0;
  for (std::uint32_t chosen = 1; chosen < 1u << needles.size(); ++chosen) {
    std::vector<const model::Needle*> together;
    for (std::size_t i = 0; i < needles.size(); ++i)
      if (chosen >> i & 1) together.push_back(&needles[i]);
    (together.size() % 2 == 1 ? added : taken) += pairs_in_all(digits, together);
  }
  return added - taken;
}

// A pair that the needle hits, its free digits random; or, `missing` one of the fixed ones.
inline model::Pair random_pair(model::PythonRandom& random, int digits, const model::Needle& needle,
                               bool missing) {
  const auto below = [&](std::uint64_t range) { return static_cast<std::uint64_t>(random.below(range)); };
  model::Pair pair{below(model::power_of_ten(digits)), below(model::power_of_ten(digits))};
  const std::size_t missed = missing ? below(needle.tokens.size()) : needle.tokens.size();
  for (std::size_t i = 0; i < needle.tokens.size(); ++i) {
    const model::Slot& token = needle.tokens[i];
    std::uint64_t& operand = token.role == model::Role::a ? pair.a : pair.b;
    const int digit = i == missed ? (needle.digit + 1) % 10 : needle.digit;
    const auto own = static_cast<std::uint64_t>(model::digit_at(operand, token.place));
    operand += (static_cast<std::uint64_t>(digit) - own) * model::power_of_ten(token.place);
  }
  return pair;
}

inline verify::Certification counted(const model::Decoder& decoder, verify::Semantics semantics) {
  verify::CertifyOptions options;
  options.semantics = semantics;
  options.margin = false;
  return certify(decoder, options);
}

// Certified under both semantics; where step >= 0, all errors are first at this step.
inline void expect_planted(const Planted& planted, int step = -1) {
  using verify::Semantics;
  using verify::to_string;
  const model::Decoder decoder = planted.decoder();
  const verify::Count wrong = pairs_in_any(planted.digits, planted.needles);
  for (const Semantics semantics : {Semantics::real, Semantics::float32}) {
    SCOPED_TRACE(decoder.name + ", " + to_string(wrong) + " to find at step " + std::to_string(step));
    const verify::Certification result = counted(decoder, semantics);
    EXPECT_TRUE(result.exact);
    EXPECT_EQ(to_string(result.pairs.wrong), to_string(wrong));
    EXPECT_EQ(to_string(result.pairs.correct), to_string(verify::all_pairs(planted.digits) - wrong));
    EXPECT_EQ(to_string(result.pairs.rounding), "0");
    if (step < 0) continue;
    EXPECT_EQ(to_string(result.steps[static_cast<std::size_t>(step)].first_failures), to_string(wrong));
  }
}

}  // namespace carryscope::test
