// The flags that train and sweep have in common, and the lines that they and finetune print.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/status_line.h"
#include "train/sweep.h"

namespace carryscope::cli {

void add_engine(CLI::App& command, train::Engine& engine);
// How many seeds at once: threads of this worker, and seeds of one trainer.
void add_workers(CLI::App& command, train::SweepOptions& sweep);

struct TrainingFlags {
  std::string preset = "311", recipe = "paper", semantics = "real";
  train::Engine engine;
  std::optional<std::int64_t> steps;
  std::optional<int> batch;
  std::optional<double> rate, beta2, cascade_share, position_deviation;
  std::optional<int> retries;
  std::int64_t every = 5400;
  double budget = 2;
  std::string folder;
  bool resume = false, snapshots = false;

  void add_to(CLI::App& command);
  train::Recipe chosen_recipe() const;
  train::RunOptions options() const;
};

// Prints a line for each evaluation to stdout and keeps a live line on stderr.
class TrainingView {
 public:
  explicit TrainingView(std::int64_t steps) : steps_(steps) {}
  void watch(train::RunOptions& options);
  void restart(std::int64_t steps);  // another run begins

 private:
  void stepped(std::int64_t step, double loss);
  void evaluated(const train::Evaluation& e);

  std::int64_t steps_, first_ = -1;
  std::chrono::steady_clock::time_point start_;
  std::string exact_ = "not measured yet";
  bool titled_ = false;
  StatusLine line_;
};

// The table of many seeds, a line each.
void print_seeds_title();
void print_seed(const train::SweepRow& row);

void print_outcome(const train::Outcome& outcome, const std::string& folder);

}  // namespace carryscope::cli
