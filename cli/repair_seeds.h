// Repairs of one model from several seeds, side by side, until one succeeds.
//
// Each seed has a folder, FOLDER/seed-N, and whoever gets its lock repairs it: threads, the same command
// started again, processes on a shared file system. No messages are passed. A success ends the others after
// the round under way; a killed repair is gone on with by the next start.
#pragma once

#include <span>
#include <string>

#include "model/checkpoint/checkpoint.h"
#include "model/record.h"
#include "train/repair.h"

namespace carryscope::cli {

// The last worker done copies the best seed's repaired.pt and repair.json into the folder. Throws InputError:
// a seed's folder holds the repair of another model or with other options, and as train::repair.
void repair_seeds(const std::string& folder, const model::Checkpoint& given,
                  const train::RepairOptions& options, std::span<const std::uint64_t> seeds, int threads,
                  const model::Record& record);

}  // namespace carryscope::cli
