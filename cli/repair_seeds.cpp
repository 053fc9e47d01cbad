// Workers of repair_seeds.h.
#include "cli/repair_seeds.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "cli/repairing.h"
#include "model/error.h"
#include "model/parallel.h"

namespace carryscope::cli {
namespace {

using nlohmann::json;

constexpr const char* kResult = "repair.json";

class SeedRepairs {
 public:
  SeedRepairs(const std::string& folder, const model::Checkpoint& given, const train::RepairOptions& options,
              std::span<const std::uint64_t> seeds, const model::Record& record)
      : folder_(folder), given_(given), options_(options), seeds_(seeds), record_(record) {}

  // One worker: takes the seeds that nobody has.
  void work() const {
    for (const std::uint64_t seed : seeds_) {
      if (over()) return;
      if (ended(seed)) continue;
      const auto mine = train::RunFolder::unless_locked(path(seed));
      if (mine && !ended(seed)) repair_in(*mine, given_, options_of(seed), record_, true);
    }
  }

  void choose_best() const {
    const auto folder = wait_for_folder();
    std::optional<std::uint64_t> best;
    train::Round best_round;
    int known = 0;
    for (const std::uint64_t seed : seeds_) {
      const auto found = result(seed);
      if (!found) continue;
      ++known;
      const json& rounds = found->at("rounds");
      const train::Round round = train::round_from_json(rounds.at(found->at("best").get<std::size_t>()));
      if (best && !train::better(round, best_round)) continue;
      best = seed, best_round = round;
    }
    if (!best) return;
    for (const char* const name : {"repaired.pt", kResult}) folder->copy_from(path(*best), name);
    fmt::print("of {} seeds, {} with a result, {} is the best: {}\n", seeds_.size(), known, *best,
               folder->file("repaired.pt"));
  }

 private:
  std::string path(std::uint64_t seed) const { return fmt::format("{}/seed-{}", folder_, seed); }

  // Of a seed that a worker has been through with, or was interrupted at.
  std::optional<json> result(std::uint64_t seed) const {
    const std::string file = path(seed) + "/" + kResult;
    if (!std::filesystem::exists(file)) return std::nullopt;
    json found = train::read_json(file);
    const json expected = repair_plan(given_, options_of(seed));
    for (const auto& [key, value] : expected.items())
      if (found.value(key, json()) != value)
        throw model::InputError(fmt::format(
            "{}: is of another model or with other options ({}); name another folder with -o", file, key));
    return found;
  }

  bool over() const {
    return (options_.interrupted && *options_.interrupted) ||
           std::ranges::any_of(seeds_, [&](std::uint64_t seed) {
             const auto found = result(seed);
             return found && found->at("repaired").get<bool>();
           });
  }

  bool ended(std::uint64_t seed) const {
    const auto found = result(seed);
    return found && !found->at("interrupted").get<bool>();
  }

  train::RepairOptions options_of(std::uint64_t seed) const {
    train::RepairOptions own = options_;
    own.seed = seed, own.threads = 1;
    own.superfluous = [this] { return over(); };
    return own;
  }

  // Another worker holds it for no longer than two copies take.
  std::unique_ptr<train::RunFolder> wait_for_folder() const {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries; ++i) {
      if (auto mine = train::RunFolder::unless_locked(folder_)) return mine;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return std::make_unique<train::RunFolder>(folder_);
  }

  const std::string& folder_;
  const model::Checkpoint& given_;
  const train::RepairOptions& options_;
  std::span<const std::uint64_t> seeds_;
  const model::Record& record_;
};

}  // namespace

void repair_seeds(const std::string& folder, const model::Checkpoint& given,
                  const train::RepairOptions& options, std::span<const std::uint64_t> seeds, int threads,
                  const model::Record& record) {
  const SeedRepairs repairs(folder, given, options, seeds, record);
  model::in_parallel(threads, [&](int) { repairs.work(); });
  repairs.choose_best();
}

}  // namespace carryscope::cli
