// RunFolder: where a training run lives on disk, so that it can be killed and resumed.
//
//   run.json        what is trained and how: preset or configuration, recipe, seed, engine, start, command
//   metrics.jsonl   one line an evaluation: step, loss, rate, exact error, seconds
//   state.cbor      the trainer's state at the last evaluation, and the run's own: its best exact error,
//                   early restarts taken, sums of the interval under way
//   best.pt         the checkpoint with the fewest exact errors; last.pt the latest
//   step-N.pt       with RunOptions::snapshots, the checkpoint of every evaluation
//   result.json     written once, when the run is over
// Every file but metrics.jsonl is replaced as a whole. One process at a time: the folder is locked.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "train/exact_error.h"
#include "train/trainer.h"

namespace carryscope::train {

class RunFolder {
 public:
  // Makes the folder if need be and locks it. Throws InputError naming it: another process has the lock, it
  // cannot be made.
  explicit RunFolder(const std::string& path);
  // The same, but nothing where another process has the lock.
  static std::unique_ptr<RunFolder> unless_locked(const std::string& path);
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  ~RunFolder();

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  bool has(std::string_view name) const;

  nlohmann::json read(std::string_view name) const;  // throws InputError: not there, no JSON
  void write(std::string_view name, const nlohmann::json& json) const;

  // Adds a line to a file of lines. truncate_metrics() drops the lines beyond a step of a retry, those of a
  // killed interval.
  void add_line(std::string_view name, const nlohmann::json& line) const;
  void truncate_metrics(int retries, std::int64_t step) const;

  // Both are one file, so that a kill leaves either both old or both new.
  void write_state(std::string_view name, const State& state, const nlohmann::json& run) const;
  // Throws InputError: damaged, another configuration.
  std::pair<State, nlohmann::json> read_state(std::string_view name, const model::Config& config) const;

  // Replaces a file by the one of that name in another folder, which exists.
  void copy_from(const std::string& folder, std::string_view name) const;

  void write_checkpoint(std::string_view name, const model::Factored& model, std::int64_t step,
                        double val_exact) const;

 private:
  struct Free {};  // chooses the constructor that leaves lock_ at -1 where the lock is taken
  RunFolder(const std::string& path, Free);

  std::string path_;
  int lock_ = -1;
};

nlohmann::json read_json(const std::string& path);  // throws InputError: not there, no JSON

}  // namespace carryscope::train
