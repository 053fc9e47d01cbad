// The lines and files of repairing.h.
#include "cli/repairing.h"

#include <fmt/format.h>

namespace carryscope::cli {
namespace {

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

}  // namespace

train::Repair repair_in(const train::RunFolder& folder, const model::Checkpoint& given,
                        const train::RepairOptions& options, const model::Record& record) {
  print_title();
  const auto done = [&](const train::Round& round, const model::Factored& model) {
    print(round);
    folder.add_line("repair.jsonl", train::json(round));
    if (round.best)
      folder.write_checkpoint("repaired.pt", model, given.step.value_or(0) + round.steps,
                              given.val_exact.value_or(0));
  };
  train::Repair repair = train::repair(*given.factored, options, done);
  nlohmann::json rounds = nlohmann::json::array();
  for (const train::Round& round : repair.rounds) rounds.push_back(train::json(round));
  folder.write("repair.json",
               {{"repaired", repair.repaired()},
                {"semantics", options.semantics == verify::Semantics::real ? "real" : "float32"},
                {"best", repair.best},
                {"rounds", rounds},
                {"record", record.json()}});
  print_result(repair, folder.file("repaired.pt"));
  return repair;
}

}  // namespace carryscope::cli
