// The formula of schedule.h.
#include "train/schedule.h"

#include <cmath>
#include <numbers>

namespace carryscope::train {

double learning_rate(const Recipe& recipe, std::int64_t step) {
  if (step < recipe.warmup)
    return recipe.peak_rate * static_cast<double>(step + 1) / static_cast<double>(recipe.warmup);
  if (step >= recipe.steps) return recipe.peak_rate * recipe.floor;
  const double done =
      static_cast<double>(step - recipe.warmup) / static_cast<double>(recipe.steps - recipe.warmup);
  const double cosine = (1 + std::cos(std::numbers::pi * done)) / 2;
  return recipe.peak_rate * (recipe.floor + (1 - recipe.floor) * cosine);
}

}  // namespace carryscope::train
