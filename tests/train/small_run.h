// Small runs for tests: the shape of preset 311 with fewer digits; with one digit every
// evaluation is exact at once.
#pragma once

#include "tests/model/checkpoint_files.h"
#include "train/run.h"

namespace carryscope::train::testing {

inline Recipe small_recipe(std::int64_t steps) {
  Recipe recipe;
  recipe.steps = steps;
  recipe.batch = 32;
  recipe.warmup = 20;
  recipe.curriculum = {{steps, model::kMaxDigits}};
  return recipe;
}

inline Plan small_plan(int digits, std::int64_t steps, std::uint64_t seed = 7) {
  Plan plan;
  plan.config = model::preset("311");
  plan.config.digits = digits;
  plan.recipe = small_recipe(steps);
  plan.seed = seed;
  return plan;
}

inline RunOptions every(std::int64_t steps) {
  RunOptions options;
  options.every = steps;
  return options;
}

}  // namespace carryscope::train::testing
