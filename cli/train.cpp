// carryscope train: one model from a seed, with its exact error along the way.
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/repairing.h"
#include "cli/training.h"
#include "model/checkpoint/atomic_file.h"
#include "model/record.h"
#include "verify/certificate.h"

namespace carryscope::cli {
namespace {

struct Flags {
  TrainingFlags training;
  std::uint64_t seed = 1;
  bool until_proven = false;
};

// Repairs the run's best model in the run's folder; where that succeeds, writes its certificate beside it.
void prove(const train::RunFolder& folder, bool resume, const std::atomic<bool>* interrupted,
           const Context& context) {
  train::RepairOptions options;
  options.interrupted = interrupted;
  const model::Checkpoint best = model::load(folder.file("best.pt"));
  if (!repair_in(folder, best, options, model::Record(context.command), resume).repaired) return;
  const std::string path = folder.file("repaired.pt"), certificate = folder.file("repaired.cert");
  const model::Checkpoint repaired = model::load(path);
  verify::CertifyOptions certify;
  certify.semantics = options.semantics;
  certify.leaves = true;
  const auto result = verify::certify(repaired.decoder, certify);
  model::write_file(certificate, verify::certificate_bytes(
                                     repaired, result, fmt::format("{}", fmt::join(context.command, " "))));
  fmt::print("carryscope-check {} {} checks it\n", certificate, path);
}

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
  const train::Outcome outcome = train::run(plan, folder, options);
  print_outcome(outcome, flags.training.folder);
  if (flags.until_proven && outcome.ending != train::Ending::interrupted)
    prove(folder, flags.training.resume, interruptible.flag(), context);
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
      "then repair the best model until 0 of all pairs are wrong in float32, and write its certificate");
  command->footer(
      "Example: carryscope train --preset 311 --recipe oriented --seed 7 --until-proven -o runs/311-7\n"
      "The folder gets best.pt (fewest exact errors), last.pt and metrics.jsonl, a line an evaluation. After "
      "a\n"
      "kill the same command with --resume goes on where the last evaluation was, bit for bit.");
  command->callback([flags, context] { run(*flags, context); });
}

}  // namespace carryscope::cli
