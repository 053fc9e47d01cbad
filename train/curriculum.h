// Curriculum: the operand pairs of every training step, as a pure function of (recipe, seed, step).
//
// Resuming therefore needs no generator state, and any step's batch can be looked at later. The pairs that a
// run of this seed validates and tests on (model::paper_split) are never drawn: such a draw is repeated.
// For one or two digits the protocol has too few pairs; then nothing is held out.
//
// A batch is filled from sources, one after the other, each a part of the batch:
//   cascades   the first cascade_share of the batch: like `uniform`, but each place's digits sum to 9 with a
//              probability that the pair draws uniformly from [0, 1), so cascades of every length occur
//   added      parts of the batch that add_source() gave to others, such as a repair's failing pairs
//   uniform    the rest: a length drawn uniformly from 1 to the phase's longest, then both operands
//              uniformly below 10^length; with any_place times the same 10^k, k uniform where it fits
// The order of pairs in a batch carries no information: the loss is a mean.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_set>
#include <vector>

#include "model/pairs.h"
#include "train/counter_random.h"
#include "train/recipe.h"

namespace carryscope::train {

// The digits of the longest operands that the step may draw.
int longest_operand(const Recipe& recipe, int digits, std::int64_t step);

class Curriculum {
 public:
  // The recipe is valid for `digits`. Batches come from the generator of seed + 1337, the held-out pairs from
  // that of the seed.
  Curriculum(const Recipe& recipe, int digits, std::uint64_t seed);

  // From now on `share` of every batch is drawn from `source`; what is held out is drawn again. The run is
  // then fixed by the sources too.
  using Source = std::function<model::Pair(CounterRandom& random)>;
  void add_source(double share, Source source);

  // Fills `out`; its size need not be the recipe's batch. Safe to call from several threads.
  void batch(std::int64_t step, std::span<model::Pair> out) const;

  // Empty for one or two digits.
  const std::vector<model::Pair>& validation() const { return split_.validation; }
  const std::vector<model::Pair>& test() const { return split_.test; }
  bool held_out(model::Pair pair) const;

 private:
  struct Hash {
    std::size_t operator()(const model::Pair& pair) const;
  };
  struct Added {
    double share;
    Source source;
  };

  void fill(const Source& source, CounterRandom& random, std::span<model::Pair> out) const;

  Recipe recipe_;
  int digits_;
  std::uint64_t seed_;
  std::vector<Added> added_;
  model::PaperSplit split_;
  std::unordered_set<model::Pair, Hash> held_out_;
  std::vector<bool> perhaps_;  // by the hash's low bits; false: certainly not held out. Fits a level-1 cache
};

}  // namespace carryscope::train
