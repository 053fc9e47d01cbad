// carryscope repair: fine-tunes a model on its own failures until none of all pairs is left.
//
// Whether that succeeded is in the last line and in repair.json; the exit code is 0 either way.
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/repair_seeds.h"
#include "cli/repairing.h"
#include "cli/seeds.h"
#include "model/error.h"

namespace carryscope::cli {
namespace {

struct Flags {
  std::string file, folder, semantics = "float32", seeds = "1";
  int threads = 1;
  bool resume = false;
  train::RepairOptions options;
};

void run(Flags flags, const Context& context) {
  model::Record record(context.command);
  const model::Checkpoint given = model::load(flags.file);
  record.add_input(flags.file, given.sha256);
  if (!given.factored)
    throw model::InputError(fmt::format(
        "{}: holds a dense decoder, expected a factored checkpoint (.pt or .safetensors); only those can "
        "be trained",
        flags.file));
  const std::vector<std::uint64_t> seeds = parse_seeds(flags.seeds);
  const Interruptible interruptible;
  flags.options.interrupted = interruptible.flag();
  flags.options.semantics = flags.semantics == "real" ? verify::Semantics::real : verify::Semantics::float32;
  if (seeds.size() > 1) {
    repair_seeds(flags.folder, given, flags.options, seeds, flags.threads, record);
  } else {
    flags.options.seed = seeds.front(), flags.options.threads = flags.threads;
    repair_in(train::RunFolder(flags.folder), given, flags.options, record, flags.resume);
  }
}

// How the rounds go.
void add_rounds(CLI::App& command, Flags& flags) {
  train::RepairOptions& options = flags.options;
  command.add_option("--rate", options.rate, "the learning rate to begin with")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--share", options.share, "part of each batch drawn from failing pairs")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--steps", options.steps, "optimiser steps a round, to begin with")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--rounds", options.rounds, "at most so many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--budget", options.budget, "seconds for each certification")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--threads", flags.threads, "of certifications; with several seeds, repairs at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command
      .add_option("--semantics", flags.semantics,
                  "what must be right: the function over the reals, or "
                  "(float32) every float32 evaluation")
      ->check(CLI::IsMember({"real", "float32"}))
      ->capture_default_str();
}

}  // namespace

void add_repair(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command =
      program.add_subcommand("repair", "Fine-tunes a model on its own failures until none is left, proven");
  command->add_option("FILE", flags->file, "a factored checkpoint: .pt or .safetensors")->required();
  command->add_option("-o,--output", flags->folder, "the folder of the repair")->required();
  command
      ->add_option("--seed,--seeds", flags->seeds,
                   "of the batches and the draws of failing pairs; several (1-4) are repairs side by side, "
                   "until one succeeds, divided among threads and processes as the seeds of a sweep are")
      ->capture_default_str();
  command
      ->add_option("--margin", flags->options.margin,
                   "logits; then go on until every pair's margin is above this")
      ->check(CLI::NonNegativeNumber);
  add_rounds(*command, *flags);
  command->add_flag("--resume", flags->resume,
                    "go on with the repair in the folder; several seeds always do");
  command->footer(
      "Example: carryscope repair runs/311-34/best.pt -o runs/311-34-repaired\n"
      "         mpirun -n 4 carryscope repair runs/311-34/best.pt --seeds 1-8 -o runs/311-34-repaired\n"
      "A round may be much worse than the one before; the best model is kept, marked by *.");
  command->callback([flags, context] { run(*flags, context); });
}

}  // namespace carryscope::cli
