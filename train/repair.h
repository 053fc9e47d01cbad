// Repair: counterexample-guided fine-tuning until no pair of all 10^(2n) is wrong under any float32
// evaluation, and then, where that is asked for, until no pair's margin over the reals is at most a given
// one.
//
// A round certifies the model, draws pairs from the cubes it gets wrong (failing_pairs.h), trains a few
// hundred steps on batches of which a part are such pairs, and certifies again. Once nothing is wrong the
// cubes of tight pairs take their place. The fewest exact errors are kept, then the fewest tight pairs. A
// round may be much worse than the one before; only after several without a new best does the search go back
// to the best model, with half the rate, shorter rounds and fresh moments: near the end the error goes up and
// down with every few steps, and a good model must be caught in between. The result is a claim of the
// certification, never of a sample.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "train/exact_error.h"
#include "train/run_folder.h"

namespace carryscope::train {

struct RepairOptions {
  std::uint64_t seed = 1;
  double rate = 3e-4;        // at the start
  double share = 0.3;        // of each batch drawn from failing pairs
  std::int64_t steps = 500;  // a round, at the start
  int rounds = 60;           // at most
  int patience = 4;          // rounds without a new best before going back
  double budget = 5;         // seconds for each certification
  int threads = 1;           // of certifications
  verify::Semantics semantics = verify::Semantics::float32;
  double margin = 0;  // logits: a pair is tight whose margin is not above it; 0: none is
  const std::atomic<bool>* interrupted = nullptr;
  std::function<bool()> superfluous;  // asked after every round: whether another repair has succeeded
};

struct Round {
  int number = 0;          // 0: the model that was given
  std::int64_t steps = 0;  // all so far
  double rate = 0, loss = 0;
  ExactError error;
  std::optional<ExactError> tight;    // pairs; known where nothing is wrong and a margin is asked for
  std::size_t cubes = 0;              // that are not correct, or tight
  double distance = 0;                // Euclidean, of all parameters, from the model that was given
  double trained = 0, certified = 0;  // seconds of this round
  bool best = false;
};

// Fewer errors first; where neither has any, fewer tight pairs.
bool better(const Round& x, const Round& y);

nlohmann::json json(const Round& round);
Round round_from_json(const nlohmann::json& json);

struct Repair {
  model::Factored model;  // the best
  std::vector<Round> rounds;
  int best = 0;  // its round
  bool interrupted = false;
  bool repaired = false;  // proven: nothing is wrong, nothing tight
};

// What a repair hands on after every round.
struct RepairEvents {
  std::function<void(const Round&, const model::Factored&)> round;
  // To go on from: the trainer's state and the repair's own; without the best model.
  std::function<void(const State&, const nlohmann::json&)> state;
};

// Throws InputError where the fused engine has no form for the model.
Repair repair(const model::Factored& model, const RepairOptions& options, const RepairEvents& events);

// Goes on from a state, as the killed repair would have: `model` is what that one was given, `best` its best
// so far. Certifications that ran out of time may still differ.
Repair resume_repair(const model::Factored& model, const RepairOptions& options, const RepairEvents& events,
                     const model::Factored& best, const State& state, const nlohmann::json& rest);

// Euclidean distance of two models of one configuration, over all parameters.
double distance(const model::Factored& x, const model::Factored& y);

}  // namespace carryscope::train
