// hunt: the failing pairs that meet a condition (query/expression.h), counted to the last pair.
//
// The steps' failing sets are one decision diagram; its product with the condition's automaton has the
// matching pairs as its paths. What the condition may read on the places alone is exact over all 10^(2n), and
// no path is a proof that no such pair exists. What the model says is not in the diagram, only at which step
// it is first wrong: a condition on the answer is refuted for every answer with that first wrong digit, or
// else bracketed, and settled by decoding every candidate where those are few.
#pragma once

#include <atomic>

#include "verify/query/expression.h"
#include "verify/step_search.h"

namespace carryscope::verify {

struct HuntOptions {
  Semantics semantics = Semantics::real;
  int threads = 1;
  double time_limit = kInfinity;  // seconds
  int list = 0, random = 0;       // pairs to show: spread evenly over the matches; drawn uniformly
  bool smallest = false;          // show the one of the smallest sum
  std::uint64_t seed = 1;         // of the draws
  const std::atomic<bool>* interrupted = nullptr;
};

struct Match {
  model::Pair pair;
  std::optional<std::uint64_t> predicted;  // by the plain forward pass; nothing: no number
  bool holds = false;                      // the forward pass fails, and the condition holds of its answer
};

struct Hunt {
  Count least = 0, most = 0;  // failing pairs that meet the condition
  Count rounding = 0;         // at most so many more are wrong in some float32 evaluations
  bool decoded = false;       // every candidate was decoded in float32: the count is of that program
  std::optional<Count> all;   // pairs that meet it, right or wrong; nothing where it is about answers
  std::vector<Match> shown;
  double seconds = 0.0;
};

Hunt hunt(const model::Decoder& decoder, const query::Expression& where, const HuntOptions& options);

}  // namespace carryscope::verify
