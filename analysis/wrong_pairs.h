// How many pairs a network gets wrong, its attention edited or not: proven, and sampled in doubles.
//
// As in certify, a pair is wrong iff at some answer digit, given the true prefix, another logit is not below
// the true digit's, over the reals. A step without query states is not asked: nothing is wrong there.
#pragma once

#include <limits>

#include "analysis/ablated.h"
#include "model/tail.h"
#include "verify/deadline.h"
#include "verify/step_search.h"

namespace carryscope::analysis {

struct SearchLimits {
  double seconds = verify::kInfinity;  // of search and union together
  // Of the search, in cubes (StepSearch::work). Where that ends it, one thread gives the same on any machine.
  std::uint64_t work = std::numeric_limits<std::uint64_t>::max();
  int threads = 1;  // changes nothing but the time, unless time runs out
  const std::atomic<bool>* interrupted = nullptr;
};

struct WrongPairs {
  verify::Counts pairs;               // wrong .. wrong + undecided is proven
  std::vector<verify::Cube> certain;  // some of the cubes of which every pair is wrong
  double seconds = 0.0;
};

// `steps` are the network's own or edited ones.
WrongPairs wrong_pairs(const Network& network, const Steps& steps, const SearchLimits& limits = {});

// The same in doubles, a pair at a time.
class PlainSteps {
 public:
  PlainSteps(const model::Decoder& decoder, const Steps& steps);
  bool wrong(model::Pair pair);  // at some step that is asked

 private:
  // One query state, [head][cell][digit] and the same times d.
  struct Query {
    std::vector<verify::Cell> cells;
    std::vector<double> residual, weight, weighted;
  };
  Query plain(const verify::Attended& read) const;
  bool wrong(int step, const Query& query, model::Pair pair);
  int digit(const verify::Token& token, model::Pair pair) const;

  const model::Decoder& decoder_;
  model::Tail<double> tail_;
  std::vector<std::vector<Query>> steps_;  // [step][symbol]
  std::vector<double> x_, mixed_, logits_;
};

}  // namespace carryscope::analysis
