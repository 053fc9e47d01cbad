// What a repair changed: how far every tensor moved, how many answers differ, what became of the failing
// regions, the smallest margins.
#pragma once

#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"

namespace carryscope::analysis {

// {"moved": {tensor: Euclidean distance}, "answers": {"alike", "different", "undecided", "mended", "broken"}
// of all pairs over the reals, "regions": {"of", "largest": [{"step", "pattern", "pairs", "still_wrong"}]},
// the failing regions before, "margin": {"before", "after"}: [low, high] in logits, or null where time ran
// out}. `seconds` bounds each search. Both are factored, of one configuration.
nlohmann::json change(const model::Checkpoint& before, const model::Checkpoint& after, double seconds,
                      int threads);

}  // namespace carryscope::analysis
