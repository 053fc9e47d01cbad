// carryscope repair: fine-tunes a model on its own failures until none of all pairs is left.
//
// The folder gets repaired.pt (the best model, also when something is left), rounds.jsonl and
// repair.json. Exit code 0: proven right; 1: something is left.
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/status_line.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "model/record.h"
#include "train/repair.h"

namespace carryscope::cli {
namespace {

struct Flags {
  std::string file, folder, semantics = "float32";
  train::RepairOptions options;
};

void print_title() {
  fmt::print("{:>5} {:>7} {:>9} {:>9} {:>7} {:>9} {:>8} {:>8}   {}\n", "round", "steps", "rate", "loss",
             "cubes", "moved", "train s", "prove s", "exact error");
}

void print(const train::Round& r) {
  fmt::print("{:>5} {:>7} {:>9.1e} {:>9.2e} {:>7} {:>9.4f} {:>8.2f} {:>8.2f}   {}{}\n", r.number, r.steps,
             r.rate, r.loss, r.cubes, r.distance, r.trained, r.certified, train::to_string(r.error),
             r.best ? "  *" : "");
  std::fflush(stdout);
}

void print_result(const train::Repair& repair, const std::string& path) {
  const train::Round& best = repair.rounds[static_cast<std::size_t>(repair.best)];
  if (repair.repaired())
    fmt::print("proven: 0 of {} pairs are wrong (round {}, {} steps, moved {:.4f}): {}\n",
               verify::to_string(best.error.total), best.number, best.steps, best.distance, path);
  else
    fmt::print("{}: {} to {} of {} pairs are still wrong in the best round, {}: {}\n",
               repair.interrupted ? "interrupted" : "not repaired", verify::to_string(best.error.at_least),
               verify::to_string(best.error.at_most), verify::to_string(best.error.total), best.number, path);
}

void run(Flags flags, const Context& context) {
  model::Record record(context.command);
  const model::Checkpoint given = model::load(flags.file);
  record.add_input(flags.file, given.sha256);
  if (!given.factored)
    throw model::InputError(
        fmt::format("{}: holds a dense decoder, expected a factored checkpoint (.pt or "
                    ".safetensors); only those can be trained",
                    flags.file));
  const train::RunFolder folder(flags.folder);
  if (folder.has("repair.json"))
    throw model::InputError(
        fmt::format("{}: holds a repair already; name another folder with -o", flags.folder));
  const Interruptible interruptible;
  flags.options.interrupted = interruptible.flag();
  flags.options.semantics = flags.semantics == "real" ? verify::Semantics::real : verify::Semantics::float32;
  print_title();
  const auto done = [&](const train::Round& round, const model::Factored& model) {
    print(round);
    folder.add_metrics(train::json(round));
    if (round.best)
      folder.write_checkpoint("repaired.pt", model, given.step.value_or(0) + round.steps,
                              given.val_exact.value_or(0));
  };
  const train::Repair repair = train::repair(*given.factored, flags.options, done);
  nlohmann::json rounds = nlohmann::json::array();
  for (const train::Round& round : repair.rounds) rounds.push_back(train::json(round));
  folder.write("repair.json", {{"repaired", repair.repaired()},
                               {"semantics", flags.semantics},
                               {"best", repair.best},
                               {"rounds", rounds},
                               {"record", record.json()}});
  print_result(repair, folder.file("repaired.pt"));
}

}  // namespace

void add_repair(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  train::RepairOptions& options = flags->options;
  CLI::App* const command =
      program.add_subcommand("repair", "Fine-tunes a model on its own failures until none is left, proven");
  command->add_option("FILE", flags->file, "a factored checkpoint: .pt or .safetensors")->required();
  command->add_option("-o,--output", flags->folder, "the folder of the repair")->required();
  command->add_option("--seed", options.seed, "of the batches and the draws of failing pairs")
      ->capture_default_str();
  command->add_option("--rate", options.rate, "the learning rate to begin with")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--share", options.share, "part of each batch drawn from failing pairs")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--steps", options.steps, "optimiser steps a round")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--rounds", options.rounds, "at most so many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--budget", options.budget, "seconds for each certification")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--threads", options.threads, "of certifications")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command
      ->add_option("--semantics", flags->semantics,
                   "what must be right: the function over the reals, or "
                   "(float32) every float32 evaluation")
      ->check(CLI::IsMember({"real", "float32"}))
      ->capture_default_str();
  command->footer(
      "Example: carryscope repair runs/311-34/best.pt -o runs/311-34-repaired\n"
      "A round may be much worse than the one before; the best model is kept, marked by *.");
  command->callback([flags, context] { run(*flags, context); });
}

}  // namespace carryscope::cli
