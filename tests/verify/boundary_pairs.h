// Pairs around the decision boundary as the search has found it, and what is certified of single pairs.
//
// Starts are pairs of leaves: rounding-dependent ones, wrong ones, and the smallest correct ones, which lie
// next to what the search had to cut. From each, a descent over one-digit changes makes the margin of the
// leaf's step smaller in magnitude; where it ends, the nearest neighbours are taken too.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/verify/brute_force.h"
#include "verify/certify.h"

namespace carryscope::test {

// The certification must be exact, hold its leaves, and outlive this.
class PairVerdicts {
 public:
  explicit PairVerdicts(const verify::Certification& certification) : all_(certification.leaves) {}

  verify::Verdict of(int step, model::Pair pair) const {
    for (const verify::QuestionLeaves& question : all_) {
      if (question.step != step || !question.domain.contains(pair)) continue;
      for (const verify::Leaf& leaf : question.leaves)
        if (leaf.cube.contains(pair)) return leaf.verdict;
    }
    ADD_FAILURE() << "no leaf of step " << step << " holds " << pair.a << " + " << pair.b;
    return verify::Verdict::undecided;
  }

 private:
  const std::vector<verify::QuestionLeaves>& all_;
};

class BoundarySearch {
 public:
  // Starts a step and verdict; neighbours taken where a descent ends; pairs that are tried for a start.
  static constexpr std::size_t kStarts = 12, kNeighbours = 16, kTries = 64;

  explicit BoundarySearch(const model::Decoder& decoder)
      : digits_(decoder.layout.digits), doubles_(decoder) {}

  std::vector<model::Pair> pairs(const verify::Certification& certification) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> found;
    for (const verify::StepCounts& step : certification.steps)
      for (const verify::Leaf& leaf : starts(certification, step.step))
        for (const model::Pair pair : descend(step.step, nearest(step.step, leaf.cube)))
          found.insert({pair.a, pair.b});
    std::vector<model::Pair> all;
    for (const auto& [a, b] : found) all.push_back({a, b});
    return all;
  }

 private:
  using Near = std::pair<double, model::Pair>;  // |margin|

  static std::vector<verify::Leaf> starts(const verify::Certification& certification, int step) {
    std::vector<verify::Leaf> chosen;
    for (const auto verdict : {verify::Verdict::rounding, verify::Verdict::wrong, verify::Verdict::correct}) {
      std::vector<verify::Leaf> leaves;
      for (const verify::QuestionLeaves& question : certification.leaves)
        for (const verify::Leaf& leaf : question.leaves)
          if (question.step == step && leaf.verdict == verdict) leaves.push_back(leaf);
      std::ranges::stable_sort(leaves, {}, &verify::Leaf::pairs);
      leaves.resize(std::min(leaves.size(), kStarts));
      chosen.insert(chosen.end(), leaves.begin(), leaves.end());
    }
    return chosen;
  }

  Near measured(int step, model::Pair pair) {
    doubles_.run(pair);
    return {std::abs(doubles_.margin(step)), pair};
  }

  // Of some pairs, spread evenly over the cube.
  Near nearest(int step, const verify::Cube& cube) {
    const verify::Count pairs = count(cube), tries = std::min<verify::Count>(pairs, kTries);
    Near best = measured(step, nth_pair(cube, 0));
    for (verify::Count i = 1; i < tries; ++i) {
      const Near next = measured(step, nth_pair(cube, pairs / tries * i));
      if (next.first < best.first) best = next;
    }
    return best;
  }

  std::vector<Near> neighbours(int step, model::Pair pair) {
    std::vector<Near> all;
    for (int place = 0; place < digits_; ++place)
      for (std::uint64_t digit = 0; digit < 10; ++digit)
        for (const bool first : {true, false}) {
          model::Pair other = pair;
          std::uint64_t& operand = first ? other.a : other.b;
          const auto own = static_cast<std::uint64_t>(model::digit_at(operand, place));
          operand = operand + digit * model::power_of_ten(place) - own * model::power_of_ten(place);
          if (digit != own) all.push_back(measured(step, other));
        }
    std::ranges::stable_sort(all, {}, &Near::first);
    return all;
  }

  // The pairs passed on the way down, and the nearest neighbours of the last.
  std::vector<model::Pair> descend(int step, Near at) {
    std::vector<model::Pair> passed{at.second};
    std::vector<Near> around = neighbours(step, at.second);
    while (around[0].first < at.first) {
      at = around[0];
      passed.push_back(at.second);
      around = neighbours(step, at.second);
    }
    for (std::size_t i = 0; i < std::min(kNeighbours, around.size()); ++i) passed.push_back(around[i].second);
    return passed;
  }

  int digits_;
  Evaluation<double> doubles_;
};

}  // namespace carryscope::test
