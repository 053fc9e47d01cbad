// The lines and files of repairing.h.
#include "cli/repairing.h"

#include <mutex>

#include <fmt/format.h>

#include "analysis/change.h"
#include "model/checkpoint/atomic_file.h"
#include "model/error.h"

namespace carryscope::cli {
namespace {

using nlohmann::json;

constexpr const char* kState = "repair.cbor";

// The title comes with the first round, so that a refusal prints nothing else.
void print(const train::Round& r, std::uint64_t seed) {
  static std::once_flag titled;
  std::call_once(titled, [] {
    fmt::print("{:>4} {:>5} {:>7} {:>9} {:>9} {:>7} {:>9} {:>8} {:>8}   {}\n", "seed", "round", "steps",
               "rate", "loss", "cubes", "moved", "train s", "prove s", "exact error");
  });
  fmt::print("{:>4} {:>5} {:>7} {:>9.1e} {:>9.2e} {:>7} {:>9.4f} {:>8.2f} {:>8.2f}   {}{}{}\n", seed,
             r.number, r.steps, r.rate, r.loss, r.cubes, r.distance, r.trained, r.certified,
             train::to_string(r.error), r.tight ? "  tight: " + train::to_string(*r.tight) : "",
             r.best ? "  *" : "");
  std::fflush(stdout);
}

const train::Round& best_round(const train::Repair& repair) {
  return repair.rounds[static_cast<std::size_t>(repair.best)];
}

void print_result(const train::Repair& repair, double margin, const std::string& path) {
  const train::Round& best = best_round(repair);
  const std::string total = verify::to_string(best.error.total);
  if (best.error.proven_right())
    fmt::print("proven: 0 of {} pairs are wrong (round {}, {} steps, moved {:.4f}): {}\n", total, best.number,
               best.steps, best.distance, path);
  else
    fmt::print("{}: {} to {} of {} pairs are still wrong in the best round, {}: {}\n",
               repair.interrupted ? "interrupted" : "not repaired", verify::to_string(best.error.at_least),
               verify::to_string(best.error.at_most), total, best.number, path);
  if (!best.tight) return;
  if (best.tight->proven_right())
    fmt::print("proven: every margin is above {}\n", margin);
  else
    fmt::print("{}: {} to {} pairs have a margin of {} or less\n",
               repair.interrupted ? "interrupted" : "not widened", verify::to_string(best.tight->at_least),
               verify::to_string(best.tight->at_most), margin);
}

train::Repair begin_or_resume(const train::RunFolder& folder, const model::Checkpoint& given,
                              const train::RepairOptions& options, const train::RepairEvents& events,
                              bool resume) {
  const model::Factored& start = *given.factored;
  if (!resume && folder.has("repair.jsonl"))
    throw model::InputError(fmt::format(
        "{}: holds a repair already; go on with --resume or name another folder with -o", folder.path()));
  if (!folder.has(kState)) {
    model::write_file(folder.file("repair.jsonl"), "");
    return train::repair(start, options, events);
  }
  const auto [state, rest] = folder.read_state(kState, start.config);
  if (rest.value("plan", json()) != repair_plan(given, options))
    throw model::InputError(folder.path() +
                            ": holds the repair of another model or with other options; resume with its own");
  std::string lines;  // a killed round may have left one more
  for (const json& round : rest.at("rounds")) lines += round.dump() + "\n";
  model::write_file(folder.file("repair.jsonl"), lines);
  const model::Checkpoint best = model::load(folder.file("repaired.pt"));
  try {
    return train::resume_repair(start, options, events, *best.factored, state, rest);
  } catch (const json::exception&) {
    throw model::InputError(folder.file(kState) + ": lacks the repair's part; repair in a new folder");
  }
}

}  // namespace

json repair_plan(const model::Checkpoint& given, const train::RepairOptions& options) {
  return {{"model", given.sha256},
          {"seed", options.seed},
          {"rate", options.rate},
          {"share", options.share},
          {"steps", options.steps},
          {"margin", options.margin},
          {"semantics", options.semantics == verify::Semantics::real ? "real" : "float32"}};
}

train::Repair repair_in(const train::RunFolder& folder, const model::Checkpoint& given,
                        const train::RepairOptions& options, const model::Record& record, bool resume) {
  train::RepairEvents events;
  events.round = [&](const train::Round& round, const model::Factored& model) {
    print(round, options.seed);
    folder.add_line("repair.jsonl", train::json(round));
    if (round.best)
      folder.write_checkpoint("repaired.pt", model, given.step.value_or(0) + round.steps,
                              given.val_exact.value_or(0));
  };
  events.state = [&](const train::State& state, json rest) {
    rest["plan"] = repair_plan(given, options);
    folder.write_state(kState, state, rest);
  };
  train::Repair repair = begin_or_resume(folder, given, options, events, resume);
  json out = repair_plan(given, options);
  out["repaired"] = repair.repaired;
  out["interrupted"] = repair.interrupted;
  out["best"] = repair.best;
  out["rounds"] = json::array();
  for (const train::Round& round : repair.rounds) out["rounds"].push_back(train::json(round));
  out["change"] =
      analysis::change(given, model::load(folder.file("repaired.pt")), options.budget, options.threads);
  out["record"] = record.json();
  folder.write("repair.json", out);
  print_result(repair, options.margin, folder.file("repaired.pt"));
  return repair;
}

}  // namespace carryscope::cli
