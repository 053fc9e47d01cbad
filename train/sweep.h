// A sweep: one run for each seed, shared by threads, processes and machines through the folder alone.
//
// Each seed is a RunFolder, FOLDER/seed-N; whoever gets its lock trains it, so workers started by hand or by
// a batch system on a shared file system divide the seeds among themselves, and a killed one
// loses at most an interval. No messages are passed and no rank is special.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "train/run.h"

namespace carryscope::train {

struct SweepRow {
  std::uint64_t seed = 0;
  Outcome outcome;
};

struct SweepOptions {
  std::string folder;
  std::vector<std::uint64_t> seeds;
  int threads = 1;     // groups of seeds trained at once
  int population = 1;  // seeds of a group, which share one trainer (population.h)
  RunOptions run;
  std::function<void(const SweepRow&)> finished;  // one at a time
};

// Trains what no other worker holds; returns the rows that are finished, by seed, when nothing is left to do
// for this worker. Throws InputError: a seed's run in the folder does not fit the plan; a population of more
// than one where the recipe has early restarts.
std::vector<SweepRow> sweep(const Plan& plan, const SweepOptions& options);

struct Interval {
  double low = 0, high = 1;
};

// Wilson's score interval of a proportion at 95 %.
Interval wilson(int successes, int trials);

// {"seeds": [...], "passed", "finished", "threshold", "interval"}: passed have an exact match above
// threshold.
nlohmann::json json(const std::vector<SweepRow>& rows, double threshold);

}  // namespace carryscope::train
