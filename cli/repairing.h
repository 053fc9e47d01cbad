// Runs a repair in a folder and prints its rounds.
#pragma once

#include <span>

#include "model/checkpoint/checkpoint.h"
#include "model/record.h"
#include "train/repair.h"

namespace carryscope::cli {

// Writes repaired.pt after every new best, repair.jsonl a line a round, repair.cbor to resume from, and at
// the end repair.json, with what the repair changed (repair_change.h). The checkpoint is factored. With
// `resume` goes on where the folder's repair was killed. Throws InputError: nothing to resume, another model
// or other options, a folder with another repair.
train::Repair repair_in(const train::RunFolder& folder, const model::Checkpoint& given,
                        const train::RepairOptions& options, const model::Record& record, bool resume);

// One repair a seed in FOLDER/seed-N, `threads` at once, until one succeeds; its files, or those of the
// best, become the folder's. Whether one succeeded.
bool repair_seeds(const train::RunFolder& folder, const model::Checkpoint& given,
                  const train::RepairOptions& options, std::span<const std::uint64_t> seeds, int threads,
                  const model::Record& record, bool resume);

}  // namespace carryscope::cli
