// A training run: steps, exact evaluations, files, and the way back after kill -9.
//
// At every evaluation the model is certified within a budget, the best and the last checkpoint are
// written and the state is saved; a killed run resumes from there and goes on bit for bit. The best
// checkpoint is the one with the fewest exact errors, not with the best sample.
#pragma once

#include <functional>
#include <optional>

#include "train/engine.h"
#include "train/exact_error.h"
#include "train/run_folder.h"

namespace carryscope::train {

// Everything that fixes the result. Two plans with equal JSON give equal runs on one machine.
struct Plan {
  model::Config config;
  Recipe recipe;
  std::uint64_t seed = 0;
  Engine engine;
  std::optional<model::Factored> start;  // instead of first_weights(config, recipe, seed)
  std::string start_name;                // where it came from, with its sha256; for the record
};

nlohmann::json json(const Plan& plan);

struct Evaluation {
  std::int64_t step = 0;  // steps done
  double loss = 0;        // mean since the last evaluation
  double rate = 0;        // of the last step
  double validation = 0;  // exact match on the held-out pairs, 0 to 1: a sample
  ExactError exact;
  double seconds = 0;  // of training since the run was started or resumed
  double steps_per_second = 0;
};

struct RunOptions {
  std::int64_t every = 5400;  // steps between evaluations
  double budget = 2;          // seconds to certify a model that is nearly right
  verify::Semantics semantics = verify::Semantics::real;
  bool resume = false;
  bool snapshots = false;                          // keep step-N.pt of every evaluation
  nlohmann::json record;                           // who ran it and where, for run.json
  const std::atomic<bool>* interrupted = nullptr;  // ends after the next step; the state is then saved
  std::function<void(const Evaluation&)> evaluated;
  std::function<void(std::int64_t step, double loss)> stepped;  // every hundred steps
};

enum class Ending { finished, diverged, interrupted };

struct Outcome {
  Ending ending = Ending::finished;
  std::int64_t steps = 0, best_step = 0;
  ExactError best;
  double validation = 0;  // of the best
  double seconds = 0;     // over all sittings
  int retries = 0;        // early restarts taken
};

nlohmann::json json(const Outcome& outcome);
Outcome outcome_from_json(const nlohmann::json& json);
Outcome read_outcome(const std::string& path);  // throws InputError: not there, damaged

// Throws InputError: the folder holds a run and `resume` is not set, or that of another plan; a recipe or
// configuration that the engine refuses; a write that fails (what was written before stays).
Outcome run(const Plan& plan, const RunFolder& folder, const RunOptions& options);
// The same with a trainer that was made by the plan's engine for the plan's seed.
Outcome run(const Plan& plan, const RunFolder& folder, const RunOptions& options, Trainer& trainer);

}  // namespace carryscope::train
