// carryscope finetune: rounds of training from a checkpoint, the fewest exact errors carried forward.
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/rounds.h"
#include "cli/training.h"
#include "model/checkpoint/atomic_file.h"
#include "model/record.h"
#include "train/finetune.h"

namespace carryscope::cli {
namespace {

struct Flags {
  std::string file, rounds = "1e-3:100000,3e-4:50000,1e-4:30000", semantics = "real";
  int seeds = 8;
  train::FinetuneOptions options;
};

void write_results(const train::Finetuned& result, const std::string& folder, const model::Record& record) {
  model::save(folder + "/best.pt", result.best);
  nlohmann::json out = train::json(result);
  out["record"] = record.json();
  model::write_file(folder + "/finetune.json", out.dump(1) + "\n");
}

void run(const Flags& flags, const Context& context) {
  const model::Checkpoint given = model::load(flags.file);
  model::Record record(context.command);
  record.add_input(flags.file, given.sha256);
  train::FinetuneOptions options = flags.options;
  options.rounds = parse_rounds(flags.rounds);
  const Interruptible interruptible;
  train::SweepOptions& sweep = options.sweep;
  for (int seed = 1; seed <= flags.seeds; ++seed) sweep.seeds.push_back(static_cast<std::uint64_t>(seed));
  sweep.run.semantics = flags.semantics == "real" ? verify::Semantics::real : verify::Semantics::float32;
  sweep.run.interrupted = interruptible.flag();
  sweep.run.record = record.json();
  sweep.finished = print_seed;
  options.begins = [&](std::size_t k) {
    fmt::print("round {}: rate {:g}, {} steps\n", k + 1, options.rounds[k].rate, options.rounds[k].steps);
    print_seeds_title();
  };
  const train::Finetuned result = train::finetune(given, flags.file, options);
  if (result.interrupted) {
    fmt::print("round {} is not finished; the same command goes on\n", result.rounds.size() + 1);
    return;
  }
  write_results(result, sweep.folder, record);
  fmt::print("exact error {} before, {} after: {}/best.pt\n", train::to_string(result.score_before.exact),
             train::to_string(result.score.exact), sweep.folder);
}

}  // namespace

void add_finetune(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  train::SweepOptions& sweep = flags->options.sweep;
  CLI::App* const command = program.add_subcommand(
      "finetune", "Trains on from a checkpoint in rounds; the fewest exact errors are carried forward");
  command->add_option("FILE", flags->file, "a factored checkpoint: .pt or .safetensors")->required();
  command->add_option("--rounds", flags->rounds, "rate:steps of each round")->capture_default_str();
  command->add_option("--seeds", flags->seeds, "trained in each round, 1 to this number")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  add_engine(*command, flags->options.engine);
  add_workers(*command, sweep);
  command->add_option("--every", sweep.run.every, "steps between exact evaluations")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--budget", sweep.run.budget, "seconds for one exact evaluation")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--semantics", flags->semantics, "what counts as wrong")
      ->check(CLI::IsMember({"real", "float32"}))
      ->capture_default_str();
  command->add_option("-o,--output", sweep.folder, "the folder of the rounds")->required();
  command->footer(
      "Example: carryscope finetune runs/311-2/best.pt --rounds 1e-3:100000,3e-4:50000 --seeds 2 -o "
      "runs/tuned\n"
      "Writes best.pt and finetune.json. After a kill the same command goes on where it was.");
  command->callback([flags, context] { run(*flags, context); });
}

}  // namespace carryscope::cli
