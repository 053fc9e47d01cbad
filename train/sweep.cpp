// Workers and summary of sweep.h.
#include "train/sweep.h"

#include <cmath>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "model/error.h"
#include "train/population.h"

namespace carryscope::train {
namespace {

class Sweep {
 public:
  Sweep(const Plan& plan, const SweepOptions& options)
      : plan_(plan), options_(options), left_(options.seeds) {}

  std::vector<SweepRow> operator()() {
    std::vector<std::thread> workers;
    for (int i = 1; i < options_.threads; ++i) workers.emplace_back([this] { work(); });
    work();
    for (std::thread& worker : workers) worker.join();
    if (failure_) std::rethrow_exception(failure_);
    std::vector<SweepRow> rows;
    for (const std::uint64_t seed : options_.seeds)
      if (auto row = finished(seed)) rows.push_back(*row);
    return rows;
  }

 private:
  std::string folder_of(std::uint64_t seed) const {
    return options_.folder + "/seed-" + std::to_string(seed);
  }

  std::optional<SweepRow> finished(std::uint64_t seed) const {
    const std::string path = folder_of(seed);
    if (!std::filesystem::exists(path + "/result.json")) return std::nullopt;
    return SweepRow{seed, read_outcome(path + "/result.json")};
  }

  struct Claim {
    std::uint64_t seed = 0;
    std::int64_t step = 0;  // done already
    std::unique_ptr<RunFolder> folder;
  };

  void work() {
    try {
      for (auto claims = claim(); !claims.empty() && !stopped(); claims = claim()) train(claims);
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      left_.clear();
    }
  }

  bool stopped() const { return options_.run.interrupted && *options_.run.interrupted; }

  // The next seeds that nobody holds, all as far as the first of them; those that are not stay for later.
  std::vector<Claim> claim() {
    const std::scoped_lock lock(mutex_);
    std::vector<Claim> claims;
    std::vector<std::uint64_t> later;
    for (const std::uint64_t seed : left_) {
      if (static_cast<int>(claims.size()) == options_.population) {
        later.push_back(seed);
      } else if (auto mine = claim(seed); mine.folder) {
        if (claims.empty() || mine.step == claims[0].step)
          claims.push_back(std::move(mine));
        else
          later.push_back(seed);
      }
    }
    left_ = later;
    return claims;
  }

  // Without a folder where the seed is done or another worker's.
  Claim claim(std::uint64_t seed) const {
    if (finished(seed)) return {};
    Claim mine{seed, 0, RunFolder::unless_locked(folder_of(seed))};
    if (!mine.folder || finished(seed)) return {};
    if (options_.population > 1 && mine.folder->has("state.cbor"))
      mine.step = mine.folder->read_state("state.cbor", plan_.config).first.step;
    return mine;
  }

  void train(const std::vector<Claim>& claims) {
    std::vector<std::uint64_t> seeds;
    for (const Claim& mine : claims) seeds.push_back(mine.seed);
    train_together(make_trainer(plan_.engine, plan_.config, plan_.recipe, seeds),
                   [&](int member, Trainer& trainer) {
                     const Claim& mine = claims[static_cast<std::size_t>(member)];
                     train(mine.seed, *mine.folder, trainer);
                   });
  }

  void train(std::uint64_t seed, const RunFolder& folder, Trainer& trainer) {
    Plan plan = plan_;
    plan.seed = seed;
    RunOptions run_options = options_.run;
    run_options.resume = true;
    const Outcome outcome = run(plan, folder, run_options, trainer);
    const std::scoped_lock lock(mutex_);
    if (outcome.ending != Ending::interrupted && options_.finished) options_.finished({seed, outcome});
  }

  const Plan& plan_;
  const SweepOptions& options_;
  std::vector<std::uint64_t> left_;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

std::vector<SweepRow> sweep(const Plan& plan, const SweepOptions& options) {
  validate(plan.recipe, plan.config.digits, "the recipe");
  if (options.population > 1 && plan.recipe.retries > 0)
    throw model::InputError(
        "--population: models trained together keep in step, so none can start over; use --retries 0 or a "
        "population of 1");
  return Sweep(plan, options)();
}

Interval wilson(int successes, int trials) {
  if (trials == 0) return {};
  constexpr double z = 1.959963985;
  const double n = trials, p = successes / n, square = z * z / n;
  const double middle = (p + square / 2) / (1 + square);
  const double half = z / (1 + square) * std::sqrt(p * (1 - p) / n + square / (4 * n));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

nlohmann::json json(const std::vector<SweepRow>& rows, double threshold) {
  nlohmann::json seeds = nlohmann::json::array();
  int passed = 0;
  for (const SweepRow& row : rows) {
    passed += 1 - row.outcome.best.upper() > threshold;
    nlohmann::json line = json(row.outcome);
    line["seed"] = row.seed;
    seeds.push_back(std::move(line));
  }
  const Interval interval = wilson(passed, static_cast<int>(rows.size()));
  return {{"seeds", seeds},
          {"finished", rows.size()},
          {"passed", passed},
          {"threshold", threshold},
          {"interval", {interval.low, interval.high}}};
}

}  // namespace carryscope::train
