// The learning rate of a step: linear warm-up, then a cosine down to the floor.
#pragma once

#include <cstdint>

#include "train/recipe.h"

namespace carryscope::train {

// Steps count from 0. Step k of the warm-up has the rate peak * (k + 1) / warmup: the first step's is
// peak / warmup, not 0, and step warmup - 1 has the peak. From there
//   peak * (floor + (1 - floor) * (1 + cos(pi * (k - warmup) / (steps - warmup))) / 2),
// which is the peak at k = warmup and floor * peak from k = steps on.
double learning_rate(const Recipe& recipe, std::int64_t step);

}  // namespace carryscope::train
