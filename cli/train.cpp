// carryscope train: one model from a seed, with its exact error along the way.
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/rounds.h"
#include "cli/training.h"
#include "cli/until_proven.h"
#include "model/record.h"

namespace carryscope::cli {
namespace {

struct Flags {
  TrainingFlags training;
  std::uint64_t seed = 1;
  bool until_proven = false;
  std::string rounds = "1e-3:30000";
};

void run(const Flags& flags, const Context& context) {
  const std::vector<train::FinetuneRound> rounds = parse_rounds(flags.rounds);
  train::Plan plan;
  plan.config = model::preset(flags.training.preset);
  plan.recipe = flags.training.chosen_recipe();
  plan.seed = flags.seed;
  plan.engine = flags.training.engine;
  const train::RunFolder folder(flags.training.folder);
  const Interruptible interruptible;
  train::RunOptions options = flags.training.options();
  options.interrupted = interruptible.flag();
  options.record = model::Record(context.command).json();
  TrainingView view(plan.recipe.steps);
  view.watch(options);
  const train::Outcome outcome = train::run(plan, folder, options);
  print_outcome(outcome, flags.training.folder);
  if (flags.until_proven && outcome.ending != train::Ending::interrupted)
    until_proven(folder, {plan, options, rounds}, context);
}

}  // namespace

void add_train(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command = program.add_subcommand("train",
                                                   "Trains a model from a seed; its error is exact at every "
                                                   "evaluation");
  flags->training.add_to(*command);
  command->add_option("--seed", flags->seed, "of the weights, the batches and the held-out pairs")
      ->capture_default_str();
  command->add_flag(
      "--until-proven", flags->until_proven,
      "then repair the best model until 0 of all pairs are wrong in float32, fine-tuned where the "
      "repair alone leaves some, and write its certificate");
  command->add_option("--rounds", flags->rounds, "rate:steps of that fine-tuning, a round after the other")
      ->capture_default_str();
  command->footer(
      "Example: carryscope train --preset 311 --recipe selective --seed 7 --until-proven -o runs/311-7\n"
      "The folder gets best.pt (fewest exact errors), last.pt and metrics.jsonl, a line an evaluation. After "
      "a\n"
      "kill the same command with --resume goes on where the last evaluation was, bit for bit.");
  command->callback([flags, context] { run(*flags, context); });
}

}  // namespace carryscope::cli
