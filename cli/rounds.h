// Rounds of fine-tuning on the command line.
#pragma once

#include <string>
#include <vector>

#include "train/finetune.h"

namespace carryscope::cli {

// rate:steps, separated by commas: 1e-3:100000,3e-4:50000. Throws InputError.
std::vector<train::FinetuneRound> parse_rounds(const std::string& text);

}  // namespace carryscope::cli
