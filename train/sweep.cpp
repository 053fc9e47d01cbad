// Workers and summary of sweep.h.
#include "train/sweep.h"

#include <cmath>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "model/error.h"

namespace carryscope::train {
namespace {

class Sweep {
 public:
  Sweep(const Plan& plan, const SweepOptions& options) : plan_(plan), options_(options) {}

  std::vector<SweepRow> operator()() {
    std::vector<std::thread> workers;
    for (int i = 1; i < options_.threads; ++i) workers.emplace_back([this] { work(); });
    work();
    for (std::thread& worker : workers) worker.join();
    if (failure_) std::rethrow_exception(failure_);
    std::vector<SweepRow> rows;
    for (const std::uint64_t seed : options_.seeds)
      if (auto row = finished(seed)) rows.push_back(std::move(*row));
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

  void work() {
    try {
      for (std::size_t i = next_++; i < options_.seeds.size() && !stopped(); i = next_++)
        train(options_.seeds[i]);
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = options_.seeds.size();
    }
  }

  bool stopped() const { return options_.run.interrupted && *options_.run.interrupted; }

  void train(std::uint64_t seed) {
    if (finished(seed)) return;
    const auto folder = RunFolder::unless_locked(folder_of(seed));
    if (!folder || finished(seed)) return;
    Plan plan = plan_;
    plan.seed = seed;
    RunOptions run_options = options_.run;
    run_options.resume = true;
    const Outcome outcome = run(plan, *folder, run_options);
    const std::scoped_lock lock(mutex_);
    if (outcome.ending != Ending::interrupted && options_.finished) options_.finished({seed, outcome});
  }

  const Plan& plan_;
  const SweepOptions& options_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

std::vector<SweepRow> sweep(const Plan& plan, const SweepOptions& options) { return Sweep(plan, options)(); }

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
