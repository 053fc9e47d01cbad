// Runs a repair in a folder and prints its rounds.
#pragma once

#include "model/checkpoint/checkpoint.h"
#include "model/record.h"
#include "train/repair.h"

namespace carryscope::cli {

// Writes repaired.pt after every new best, repair.jsonl a line a round, repair.json at the end. The
// checkpoint is factored.
train::Repair repair_in(const train::RunFolder& folder, const model::Checkpoint& given,
                        const train::RepairOptions& options, const model::Record& record);

}  // namespace carryscope::cli
