// Flags and lines of training.h.
#include "cli/training.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

namespace carryscope::cli {

void add_engine(CLI::App& command, train::Engine& engine) {
  command.add_option("--engine", engine.name, "fused: tables and SIMD; torch: LibTorch, the reference")
      ->check(CLI::IsMember({"fused", "torch"}))
      ->capture_default_str();
  command.add_option("--device", engine.device, "where --engine torch runs")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
}

void add_workers(CLI::App& command, train::SweepOptions& sweep) {
  command.add_option("--threads", sweep.threads, "trainers at work at once in this process")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command
      .add_option("--population", sweep.population,
                  "seeds that one trainer trains together; of --engine torch, in one batched graph")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
}

void TrainingFlags::add_to(CLI::App& command) {
  command
      .add_option("--preset", preset,
                  "the configuration, by its number of parameters; carryscope info lists them")
      ->capture_default_str();
  std::vector<std::string_view> names;
  for (const train::NamedRecipe& named : train::recipes()) names.push_back(named.name);
  command
      .add_option(
          "--recipe", recipe,
          fmt::format("one of {}; the flags below change single values of it", fmt::join(names, ", ")))
      ->capture_default_str();
  command.add_option("--steps", steps, "optimiser steps");
  command.add_option("--batch", batch, "pairs a step");
  command.add_option("--rate", rate, "the peak learning rate");
  command.add_option("--beta2", beta2, "Adam's second decay");
  command.add_option("--cascades", cascade_share, "part of each batch drawn rich in digit sums of 9, 0 to 1");
  command.add_option("--position-deviation", position_deviation,
                     "standard deviation of the stored position tensors at the start");
  command.add_option("--retries", retries, "early restarts allowed where the recipe's loss test fails");
  add_engine(command, engine);
  command.add_option("--every", every, "steps between exact evaluations; a killed run loses at most so many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--budget", budget, "seconds for one exact evaluation; what is undecided then is a bracket")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--semantics", semantics,
                  "what counts as wrong: over the reals, or (float32) under some float32 evaluation")
      ->check(CLI::IsMember({"real", "float32"}))
      ->capture_default_str();
  command.add_option("-o,--output", folder, "the run's folder")->required();
  command.add_flag(
      "--snapshots", snapshots,
      "keep the checkpoint of every evaluation, as step-N.pt; carryscope explain FOLDER reads them");
  command.add_flag("--resume", resume, "go on with the run in the folder, bit for bit");
}

train::Recipe TrainingFlags::chosen_recipe() const {
  train::Recipe chosen = train::recipe(recipe);
  if (steps) chosen.steps = *steps;
  if (batch) chosen.batch = *batch;
  if (rate) chosen.peak_rate = *rate;
  if (beta2) chosen.beta2 = *beta2;
  if (cascade_share) chosen.cascade_share = *cascade_share;
  if (position_deviation) chosen.position_deviation = *position_deviation;
  if (retries) chosen.retries = *retries;
  return chosen;
}

train::RunOptions TrainingFlags::options() const {
  train::RunOptions options;
  options.every = every, options.budget = budget, options.resume = resume;
  options.snapshots = snapshots;
  options.semantics = semantics == "real" ? verify::Semantics::real : verify::Semantics::float32;
  return options;
}

void TrainingView::watch(train::RunOptions& options) {
  options.stepped = [this](std::int64_t step, double loss) { stepped(step, loss); };
  options.evaluated = [this](const train::Evaluation& e) { evaluated(e); };
}

void TrainingView::restart(std::int64_t steps) { steps_ = steps, first_ = -1; }

void TrainingView::stepped(std::int64_t step, double loss) {
  if (first_ < 0) first_ = step, start_ = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double speed = seconds > 0 ? static_cast<double>(step - first_) / seconds : 0;
  const std::string left = speed > 0 ? duration(static_cast<double>(steps_ - step) / speed) + " left" : "";
  line_.show(fmt::format("step {} of {}, loss {:.4f}, exact error {}, {:.0f} steps/s, {}", step, steps_, loss,
                         exact_, speed, left));
}

void TrainingView::evaluated(const train::Evaluation& e) {
  line_.clear();
  if (!titled_)
    fmt::print("{:>8}  {:>8}  {:>10}  {:>12}  {}\n", "step", "loss", "validation", "steps/s", "exact error");
  titled_ = true;
  exact_ = train::to_string(e.exact);
  fmt::print("{:>8}  {:>8.4f}  {:>8.2f} %  {:>12.0f}  {}\n", e.step, e.loss, 100 * e.validation,
             e.steps_per_second, exact_);
  std::fflush(stdout);
}

void print_seeds_title() {
  fmt::print("{:>6}  {:>8}  {:>8}  {:>11}  {:>8}  {}\n", "seed", "best", "retries", "validation", "time",
             "exact error");
}

void print_seed(const train::SweepRow& row) {
  const train::Outcome& o = row.outcome;
  fmt::print("{:>6}  {:>8}  {:>8}  {:>9.2f} %  {:>8}  {}\n", row.seed, o.best_step, o.retries,
             100 * o.validation, duration(o.seconds), train::to_string(o.best));
  std::fflush(stdout);
}

void print_outcome(const train::Outcome& outcome, const std::string& folder) {
  switch (outcome.ending) {
    case train::Ending::finished:
      fmt::print("finished after {} steps, {}\n", outcome.steps, duration(outcome.seconds));
      break;
    case train::Ending::diverged:
      fmt::print("diverged: the loss stopped being a number after step {}; the last good weights are kept\n",
                 outcome.steps);
      break;
    case train::Ending::interrupted:
      fmt::print("interrupted; the same command with --resume goes on\n");
      break;
  }
  if (outcome.best_step > 0)
    fmt::print("best: step {}, exact error {}, validation {:.2f} %: {}/best.pt\n", outcome.best_step,
               train::to_string(outcome.best), 100 * outcome.validation, folder);
}

}  // namespace carryscope::cli
