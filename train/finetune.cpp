// Rounds of finetune.h.
#include "train/finetune.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/error.h"
#include "model/evaluate.h"
#include "model/pairs.h"

namespace carryscope::train {
namespace {

constexpr std::uint64_t kSampleSeed = 0;

nlohmann::json json(const Score& score) {
  return {{"exact", train::json(score.exact)}, {"validation", score.validation}};
}

Plan plan_of_round(const Finetuned& so_far, const FinetuneRound& round, const Engine& engine) {
  Plan plan;
  plan.config = so_far.best.factored->config;
  plan.recipe = finetune_round(round.rate, round.steps);
  plan.engine = engine;
  plan.start = so_far.best.factored;
  plan.start_name = fmt::format("{} (sha256 {})", so_far.source, so_far.best.sha256);
  return plan;
}

Score score(const SweepRow& row) { return {row.outcome.best, row.outcome.validation}; }

Score score(const model::Checkpoint& given, const RunOptions& run) {
  const auto sample =
      model::uniform_pairs(model::kPaperValidation, kSampleSeed, given.factored->config.digits);
  return {exact_error(*given.factored, run.semantics, run.budget, run.interrupted),
          model::evaluate(given.decoder, {sample}).total.exact_match()};
}

void carry_forward(Finetuned& so_far, const std::vector<SweepRow>& rows, const std::string& folder) {
  for (const SweepRow& row : rows) {
    if (!better(score(row), so_far.score)) continue;
    so_far.score = score(row);
    so_far.source = fmt::format("{}/seed-{}/best.pt", folder, row.seed);
  }
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
  result.score = result.score_before = score(given, run);
  for (std::size_t k = 0; k < options.rounds.size() && !result.score.exact.proven_right(); ++k) {
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
  return {{"before", json(result.score_before)},
          {"after", json(result.score)},
          {"best", result.source},
          {"interrupted", result.interrupted},
          {"rounds", rounds}};
}

}  // namespace carryscope::train
