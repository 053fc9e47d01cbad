#include "analysis/circuit_step.h"

#include <algorithm>
#include <random>

#include "analysis/local.h"
#include "model/error.h"

namespace carryscope::analysis {
namespace {

constexpr std::uint64_t kNodes = 200'000;       // cubes of one proof
constexpr std::size_t kExceptionCubes = 500;    // whose pairs the pruning begins with, ...
constexpr verify::Count kPairsOfException = 4;  // ... so many of each

const KeyAblation& by_mean() { return *std::ranges::find(key_ablations(), true, &KeyAblation::of_digits); }

}  // namespace

CircuitStep::CircuitStep(const Subject& subject, const Network& network, const Exceptions& exceptions,
                         int step, std::span<const model::Pair> means, const verify::Deadline& deadline)
    : subject_(subject),
      network_(network),
      exceptions_(exceptions),
      deadline_(deadline),
      parts_(network, step, anatomies(Anatomist(subject.table()), network.decoder.layout, step, means)) {
  const std::size_t parts = parts_.parts().size();
  if (parts > StepParts::kMost)
    throw model::InputError("a step of '" + network.decoder.name + "' has " + std::to_string(parts) +
                            " tokens, heads and neurons; a circuit is looked for among at most " +
                            std::to_string(StepParts::kMost));
}

// One of each local configuration in random order, then some of those that the whole model gets wrong.
std::vector<model::Pair> CircuitStep::pairs_to_begin_with() const {
  const std::uint64_t seed = subject_.options().seed;
  std::vector<model::Pair> pairs;
  for (const Local& l : local_configurations(network_.decoder.layout, parts_.step(), seed))
    pairs.push_back(l.pair);
  std::mt19937_64 random(seed);
  std::shuffle(pairs.begin(), pairs.end(), random);
  for (std::size_t i = 0; i < std::min(kExceptionCubes, exceptions_.size()); ++i) {
    const Answer& e = exceptions_[i];
    for (verify::Count k = 0; k < std::min(kPairsOfException, e.pairs); ++k)
      pairs.push_back(verify::nth_pair(e.cube, e.pairs / kPairsOfException * k));
  }
  return pairs;
}

void CircuitStep::prune() {
  const Pruner::Prove prove = [&](Cut cut) { return count(cut, by_mean(), kNodes, true); };
  const std::vector<model::Pair> pairs = pairs_to_begin_with();
  Pruner pruner(parts_, pairs, prove);
  if (known(exceptions_))
    pruned_ = pruner.run();
  else  // nothing can be proven not to change it
    pruned_.needed.resize(parts_.parts().size());
}

Changed CircuitStep::count(Cut cut, const KeyAblation& how, std::uint64_t nodes, bool any) const {
  return changed(network_, parts_.decoder(cut, how), parts_.states(cut, how), exceptions_,
                 {nodes, any, &deadline_});
}

Changed CircuitStep::count(Cut cut, std::uint64_t nodes) const { return count(cut, by_mean(), nodes); }

}  // namespace carryscope::analysis
