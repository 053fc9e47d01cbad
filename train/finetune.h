// Fine-tuning in rounds: each round trains several seeds from the best model so far, with a fresh optimiser
// and a rate of its own, and carries the model with the fewest exact errors forward (the public work carried
// the best sample forward; here a sample decides only where the proofs do not).
//
// A round is a sweep in FOLDER/round-K, so that threads, processes and machines share it and a second start
// goes on where the first one ended. A round that makes nothing better carries its start forward; there is
// none once nothing is wrong.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "model/checkpoint/checkpoint.h"
#include "train/sweep.h"

namespace carryscope::train {

struct FinetuneRound {
  double rate = 0;
  std::int64_t steps = 0;
};

struct FinetuneOptions {
  std::vector<FinetuneRound> rounds;
  Engine engine;
  SweepOptions sweep;  // its folder holds the rounds; its seeds are trained in each of them
  std::function<void(std::size_t round)> begins;
};

struct Finetuned {
  model::Checkpoint best;  // as loaded; `source` is the file it is in
  std::string source;
  Score score, score_before;  // sampled on the validation pairs; at first, on as many uniform ones
  std::vector<std::vector<SweepRow>> rounds;  // finished ones; fewer where it was interrupted
  bool interrupted = false;
};

nlohmann::json json(const Finetuned& result);

// `given` is loaded from the file `source`. Throws InputError: it is not factored; as sweep().
Finetuned finetune(const model::Checkpoint& given, const std::string& source, const FinetuneOptions& options);

}  // namespace carryscope::train
