// carryscope sweep: many seeds of one recipe, and how many of them learn.
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/seeds.h"
#include "cli/training.h"
#include "model/checkpoint/atomic_file.h"
#include "model/record.h"
#include "train/sweep.h"

namespace carryscope::cli {
namespace {

struct Flags {
  TrainingFlags training;
  std::string seeds = "1-8", json_path;
  train::SweepOptions options;
};

void print_summary(const nlohmann::json& summary) {
  fmt::print(
      "{} of {} finished seeds have an exact match above {:.0f} % (95 % interval {:.0f} to {:.0f} %)\n",
      summary.at("passed").get<int>(), summary.at("finished").get<int>(),
      100 * summary.at("threshold").get<double>(), 100 * summary.at("interval")[0].get<double>(),
      100 * summary.at("interval")[1].get<double>());
}

void run(const Flags& flags, const Context& context) {
  train::Plan plan;
  plan.config = model::preset(flags.training.preset);
  plan.recipe = flags.training.chosen_recipe();
  plan.engine = flags.training.engine;
  train::SweepOptions options = flags.options;
  options.folder = flags.training.folder;
  options.seeds = parse_seeds(flags.seeds);
  options.run = flags.training.options();
  const Interruptible interruptible;
  options.run.interrupted = interruptible.flag();
  options.run.record = model::Record(context.command).json();
  print_seeds_title();
  options.finished = print_seed;
  const auto rows = train::sweep(plan, options);
  fmt::print("\n");
  if (const std::size_t left = options.seeds.size() - rows.size(); left > 0 && !*options.run.interrupted) {
    fmt::print("{} of {} seeds are with other workers; the last of them prints the rates\n", left,
               options.seeds.size());
    return;
  }
  for (const double threshold : {0.9, 0.99}) print_summary(train::json(rows, threshold));
  if (flags.json_path.empty()) return;
  nlohmann::json out = train::json(rows, 0.9);
  out["plan"] = train::json(plan);
  out["record"] = model::Record(context.command).json();
  model::write_file(flags.json_path, out.dump(1) + "\n");
}

}  // namespace

void add_sweep(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command =
      program.add_subcommand("sweep", "Trains many seeds of one recipe; workers share a folder");
  flags->training.add_to(*command);
  command->add_option("--seeds", flags->seeds, "numbers and ranges: 0-55 or 1,3,10-20")
      ->capture_default_str();
  add_workers(*command, flags->options);
  command->add_option("--json", flags->json_path, "write every seed's outcome and the rates here");
  command->footer(
      "Example: carryscope sweep --preset 311 --seeds 0-55 --threads 2 -o runs/sweep-311\n"
      "         mpirun -n 4 carryscope sweep --preset 311 --seeds 0-55 -o runs/sweep-311\n"
      "Several workers on one folder, the same command started more than once by hand or by mpirun, divide\n"
      "the seeds by the locks of their folders as they become free; one that dies loses at most an "
      "interval,\n"
      "and a second start finishes what is left.");
  command->callback([flags, context] { run(*flags, context); });
}

}  // namespace carryscope::cli
