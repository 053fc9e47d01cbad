// Repair: counterexample-guided fine-tuning until no pair of all 10^(2n) is wrong under any float32
// evaluation.
//
// A round certifies the model, draws pairs from the cubes it gets wrong (failing_pairs.h), trains a few
// hundred steps on batches of which a part are such pairs, and certifies again. The fewest exact
// errors are kept. A round may be much worse than the one before; only after several without a new best
// does the search go back to the best model, with half the rate and fresh moments.
// The result is a claim of the certification, never of a sample.
#pragma once

#include <atomic>
#include <functional>

#include "train/exact_error.h"
#include "train/run_folder.h"

namespace carryscope::train {

struct RepairOptions {
  std::uint64_t seed = 1;
  double rate = 3e-4;        // at the start
  double share = 0.3;        // of each batch drawn from failing pairs
  std::int64_t steps = 500;  // a round
  int rounds = 60;           // at most
  int patience = 4;          // rounds without a new best before going back
  double budget = 5;         // seconds for each certification
  int threads = 1;           // of certifications
  verify::Semantics semantics = verify::Semantics::float32;
  const std::atomic<bool>* interrupted = nullptr;
};

struct Round {
  int number = 0;          // 0: the model that was given
  std::int64_t steps = 0;  // all so far
  double rate = 0, loss = 0;
  ExactError error;
  std::size_t cubes = 0;              // that are not correct
  double distance = 0;                // Euclidean, of all parameters, from the model that was given
  double trained = 0, certified = 0;  // seconds of this round
  bool best = false;
};

nlohmann::json json(const Round& round);

struct Repair {
  model::Factored model;  // the best
  std::vector<Round> rounds;
  int best = 0;  // its round
  bool interrupted = false;
  bool repaired() const { return rounds[static_cast<std::size_t>(best)].error.proven_right(); }
};

// Calls `done` after every round. Throws InputError where the fused engine has no form for the model.
Repair repair(const model::Factored& model, const RepairOptions& options,
              const std::function<void(const Round&, const model::Factored&)>& done);

// Euclidean distance of two models of one configuration, over all parameters.
double distance(const model::Factored& x, const model::Factored& y);

}  // namespace carryscope::train
