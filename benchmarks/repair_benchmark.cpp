// Repair from a model that is wrong somewhere to one that is proven right, seed after seed.
//
// Usage: repair_benchmark [FILE [SEEDS]]           default: the public 311-parameter model, 5 seeds
// A seed draws the batches and the failing pairs. Wall seconds, with two threads for the certifications;
// "proving" is the certifications' part of them. Targets for the 311 model: below 30 s, of which proving is
// less than a third. The last line is JSON.
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "train/repair.h"

namespace {

using namespace carryscope;

nlohmann::json measure(const model::Factored& start, std::uint64_t seed) {
  train::RepairOptions options;
  options.seed = seed;
  options.threads = 2;
  const train::RepairEvents events{[](const train::Round&, const model::Factored&) {},
                                   [](const train::State&, const nlohmann::json&) {}};
  const train::Repair repair = train::repair(start, options, events);
  double training = 0, proving = 0;
  for (const train::Round& round : repair.rounds) training += round.trained, proving += round.certified;
  const train::Round& best = repair.rounds[static_cast<std::size_t>(repair.best)];
  fmt::print("{:>4} {:>7} {:>9.4f} {:>9.2f} {:>9.2f} {:>6.0f} %   {}\n", seed, repair.rounds.back().steps,
             best.distance, training, proving, 100 * proving / (training + proving),
             repair.repaired ? "proven" : train::to_string(best.error));
  std::fflush(stdout);
  return {{"seed", seed},           {"steps", repair.rounds.back().steps},
          {"moved", best.distance}, {"training", training},
          {"proving", proving},     {"repaired", repair.repaired}};
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string file =
      argc > 1 ? argv[1] : std::string(CARRYSCOPE_SHARED_DIR) + "/checkpoints/best_311p_s34.pt";
  const std::uint64_t seeds = argc > 2 ? std::stoull(argv[2]) : 5;
  const model::Checkpoint checkpoint = model::load(file);
  if (!checkpoint.factored)
    throw model::InputError(file + ": is dense; only a factored checkpoint is trained");
  fmt::print("{}\n{:>4} {:>7} {:>9} {:>9} {:>9} {:>8}   {}\n", file, "seed", "steps", "moved", "training",
             "proving", "", "wrong of all pairs");
  nlohmann::json out = nlohmann::json::array();
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) out.push_back(measure(*checkpoint.factored, seed));
  fmt::print("{}\n", out.dump());
} catch (const std::exception& error) {
  fmt::print(stderr, "repair_benchmark: {}\n", error.what());
  return 1;
}
