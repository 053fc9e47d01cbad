// carryscope train: one model from a seed, with its exact error along the way.
#include <memory>

#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/training.h"
#include "model/record.h"

namespace carryscope::cli {
namespace {

struct Flags {
  TrainingFlags training;
  std::uint64_t seed = 1;
};

void run(const Flags& flags, const Context& context) {
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
  print_outcome(train::run(plan, folder, options), flags.training.folder);
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
  command->footer(
      "Example: carryscope train --preset 311 --seed 34 --beta2 0.99 -o runs/311-34\n"
      "The folder gets best.pt (fewest exact errors), last.pt and metrics.jsonl, a line an evaluation. After "
      "a\n"
      "kill the same command with --resume goes on where the last evaluation was, bit for bit.");
  command->callback([flags, context] { run(*flags, context); });
}

}  // namespace carryscope::cli
