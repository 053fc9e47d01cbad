// Rounds of finetune.h.
#include "train/finetune.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::train {
namespace {

Plan plan_of_round(const Finetuned& so_far, const FinetuneRound& round, const Engine& engine) {
  Plan plan;
  plan.config = so_far.best.factored->config;
  plan.recipe = finetune_round(round.rate, round.steps);
  plan.engine = engine;
  plan.start = so_far.best.factored;
  plan.start_name = fmt::format("{} (sha256 {})", so_far.source, so_far.best.sha256);
  return plan;
}

void carry_forward(Finetuned& so_far, const std::vector<SweepRow>& rows, const std::string& folder) {
  const auto best = std::ranges::min_element(
      rows, [](const SweepRow& x, const SweepRow& y) { return better(x.outcome.best, y.outcome.best); });
  if (best == rows.end() || !better(best->outcome.best, so_far.error)) return;
  so_far.error = best->outcome.best;
  so_far.source = fmt::format("{}/seed-{}/best.pt", folder, best->seed);
  so_far.best = model::load(so_far.source);
}

}  // namespace

Finetuned finetune(const model::Checkpoint& given, const std::string& source,
                   const FinetuneOptions& options) {
  if (!given.factored)
    throw model::InputError(
        fmt::format("{}: holds a dense decoder, expected a factored checkpoint (.pt or .safetensors); only "
                    "those can be trained",
                    source));
  const RunOptions& run = options.sweep.run;
  Finetuned result;
  result.best = given, result.source = source;
  result.error = result.error_before =
      exact_error(*given.factored, run.semantics, run.budget, run.interrupted);
  for (std::size_t k = 0; k < options.rounds.size(); ++k) {
    if (options.begins) options.begins(k);
    SweepOptions sweep_options = options.sweep;
    sweep_options.folder = fmt::format("{}/round-{}", options.sweep.folder, k + 1);
    std::vector<SweepRow> rows =
        sweep(plan_of_round(result, options.rounds[k], options.engine), sweep_options);
    // The best of a round is known once all of its seeds are finished, by whomever.
    result.interrupted = rows.size() < sweep_options.seeds.size();
    if (result.interrupted) return result;
    carry_forward(result, rows, sweep_options.folder);
    result.rounds.push_back(std::move(rows));
  }
  return result;
}

nlohmann::json json(const Finetuned& result) {
  nlohmann::json rounds = nlohmann::json::array();
  for (const auto& rows : result.rounds) {
    nlohmann::json seeds = nlohmann::json::array();
    for (const SweepRow& row : rows) {
      seeds.push_back(json(row.outcome));
      seeds.back()["seed"] = row.seed;
    }
    rounds.push_back({{"seeds", seeds}});
  }
  return {{"before", json(result.error_before)},
          {"after", json(result.error)},
          {"best", result.source},
          {"interrupted", result.interrupted},
          {"rounds", rounds}};
}

}  // namespace carryscope::train
