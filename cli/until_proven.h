// What `carryscope train --until-proven` does when the training is over.
#pragma once

#include <vector>

#include "cli/command.h"
#include "train/finetune.h"

namespace carryscope::cli {

struct UntilProven {
  train::Plan plan;                          // of the training that is over
  train::RunOptions run;                     // of the fine-tuning, too
  std::vector<train::FinetuneRound> rounds;  // between the two repairs; none: one repair only
};

// Repairs the run's best.pt in its folder. Where that leaves errors, fine-tunes what it left and repairs
// again, all in FOLDER/tuned. Writes a certificate, repaired.cert, beside the repaired.pt that is proven
// right.
void until_proven(const train::RunFolder& folder, const UntilProven& options, const Context& context);

}  // namespace carryscope::cli
