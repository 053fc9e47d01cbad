// What a repair changed: how far every tensor moved, how many answers differ, the smallest margins.
#pragma once

#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"

namespace carryscope::cli {

// {"moved": {tensor: Euclidean distance}, "answers": {"alike", "different", "undecided"} of all pairs over
// the reals, "margin": {"before", "after"}: [low, high] in logits, or null where time ran out}. `seconds`
// bounds each search. Both are factored, of one configuration.
nlohmann::json repair_change(const model::Checkpoint& before, const model::Checkpoint& after, double seconds,
                             int threads);

}  // namespace carryscope::cli
