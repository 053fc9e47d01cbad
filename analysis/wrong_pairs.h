// How many pairs an edited step gets wrong, and several steps together: proven, over all pairs.
//
// As in certify, a pair is wrong iff at some answer digit, given the true prefix, another logit is not below
// the true digit's, over the reals.
#pragma once

#include <limits>

#include "analysis/ablated.h"
#include "verify/deadline.h"
#include "verify/step_search.h"

namespace carryscope::analysis {

struct SearchLimits {
  double seconds = verify::kInfinity;
  // Cubes examined. Where that ends a search, one thread gives the same on any machine.
  std::uint64_t work = std::numeric_limits<std::uint64_t>::max();
  double width = 0.0;  // enough: as many undecided pairs for each wrong one, where those are kMany of all
  const std::atomic<bool>* interrupted = nullptr;
};
inline constexpr double kMany = 0.01;

struct WrongPairs {
  verify::Counts pairs;              // wrong .. wrong + undecided is proven
  std::vector<verify::Leaf> leaves;  // disjoint cubes, wrong or undecided; all other pairs are right
  double seconds = 0.0;
};

// Of one step; the network it was edited from has the table's shape. `seems_right`: hardly any pair is
// expected to be wrong, which another search decides sooner.
WrongPairs wrong_pairs(const Network& network, const std::vector<EditedStep>& edits, bool seems_right,
                       const SearchLimits& limits = {});

// Wrong at some step: at least what one step is, at most their sum, and what the union of the steps' leaves
// (of many, the largest) adds to that. A step whose wrong pairs are in none of its leaves only counts.
verify::Counts wrong_anywhere(const std::vector<WrongPairs>& steps, int digits,
                              const verify::Deadline& deadline);

// The whole network's steps, as edits of nothing.
std::vector<EditedStep> whole_step(const Network& network, int step);

}  // namespace carryscope::analysis
