// Prune: the fewest parts with which a step still answers every pair as the whole model does.
//
// Led by counterexamples: a set of cuts is refuted by a pair at hand, at the cost of a microsecond, or goes
// to the search over all pairs, which proves it or finds a pair to refute it and its likes by. First parts
// are cut greedily. Then, where there are not too many, all sets that cut more are refuted, so that what is
// found is the minimum; else one part is given back where two others can go for it, until that gains nothing.
#pragma once

#include <functional>
#include <set>

#include "analysis/answers.h"
#include "analysis/step_parts.h"

namespace carryscope::analysis {

// A pair that a step answers otherwise under some cut, replayed in doubles.
struct Witness {
  model::Pair pair;
  int whole = 0, without = 0;  // tokens
};

struct Pruned {
  Cut cut = 0;                                 // proven to change no pair
  bool minimum = false;                        // every set that cuts more parts is refuted by a pair
  std::vector<std::optional<Witness>> needed;  // [part]: of a kept one, that it cannot be cut as well
  std::uint64_t refuted = 0, proofs = 0;       // sets; searches
};

class Pruner {
 public:
  using Prove = std::function<Changed(Cut)>;  // exactly, or as far as limits allow

  // `pairs`: to begin with. All must outlive this.
  Pruner(const StepParts& parts, const std::vector<model::Pair>& pairs, const Prove& prove);
  Pruned run();

 private:
  struct Known {
    model::Pair pair;
    StepParts::Sums sums;
    int token = 0;  // of the whole model
  };
  bool learn(model::Pair pair);
  const Known* refutation(Cut cut);
  bool plausible(Cut cut);
  bool proven(Cut cut);
  Cut greedy();
  bool exhaust(Cut& best);
  bool exchange(Cut& best);

  const StepParts& parts_;
  const Prove& prove_;
  std::vector<Known> pool_;
  std::vector<std::size_t> order_;  // of the pool: what refuted last comes first
  std::vector<Cut> by_harm_;        // single parts, the least harmful first
  std::set<Cut> failed_;            // not refuted by a pair, and not proven
  bool doubtful_ = false;           // some search ended without an answer
  Pruned result_;
};

}  // namespace carryscope::analysis
