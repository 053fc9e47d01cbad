// CircuitStep: one step's parts, how few of them it needs, and the exact count of what a cut changes.
#pragma once

#include <memory>

#include "analysis/prune.h"
#include "analysis/subject.h"

namespace carryscope::analysis {

// What several steps change together, from what each changes alone.
struct Bracket {
  verify::Count least = 0, most = 0;  // pairs; most may exceed all there are

  void add(const Changed& step) {
    least = std::max(least, step.changed);
    most += step.changed + step.undecided;
  }
};

class CircuitStep {
 public:
  // `means`: the pairs behind the means. All must outlive this. Throws InputError where a step has more
  // parts than can be cut.
  CircuitStep(const Subject& subject, const Network& network, const Exceptions& exceptions, int step,
              std::span<const model::Pair> means, const verify::Deadline& deadline);

  void prune();
  const StepParts& parts() const { return parts_; }
  const Pruned& pruned() const { return pruned_; }

  // Pairs that the step answers otherwise with the parts cut, by at most `nodes` cubes.
  Changed count(Cut cut, const KeyAblation& how, std::uint64_t nodes, bool any = false) const;
  Changed count(Cut cut, std::uint64_t nodes) const;  // held at their means

 private:
  std::vector<model::Pair> pairs_to_begin_with() const;

  const Subject& subject_;
  const Network& network_;
  const Exceptions& exceptions_;
  const verify::Deadline& deadline_;
  StepParts parts_;
  Pruned pruned_;
};

}  // namespace carryscope::analysis
