// Runs a repair in a folder and prints its rounds.
#pragma once

#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "model/record.h"
#include "train/repair.h"

namespace carryscope::cli {

// What a killed repair must have in common with the one that goes on; repair.json begins with it.
nlohmann::json repair_plan(const model::Checkpoint& given, const train::RepairOptions& options);

// Writes repaired.pt after every new best, repair.jsonl a line a round, repair.cbor to resume from, and at
// the end repair.json, with what the repair changed (analysis/change.h). The checkpoint is factored. With
// `resume` goes on where the folder's repair was killed. Throws InputError: nothing to resume, another model
// or other options, a folder with another repair.
train::Repair repair_in(const train::RunFolder& folder, const model::Checkpoint& given,
                        const train::RepairOptions& options, const model::Record& record, bool resume);

}  // namespace carryscope::cli
