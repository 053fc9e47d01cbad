// Recipe: everything about a training run that is neither the model nor the seed, as data.
//
// loss      = 1 / (batch x steps) * sum over the batch's pairs and their answer tokens t of
//             step_weights[t] * cross-entropy; with the family's 10 digits that is the mean over 12 tokens
//             a pair (11 digits and <EOS>).
// optimiser = AdamW, decay decoupled and on every parameter: p *= 1 - rate * weight_decay, then Adam's step
//             with bias corrections (Loshchilov, Hutter, "Decoupled weight decay regularization", 2019);
//             before that the gradient is multiplied by min(1, clip / (norm + 1e-6)), its norm taken over all
//             parameters, as torch's clip_grad_norm_ does.
// What the rate is at a step is in schedule.h, what a batch holds in curriculum.h.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carryscope::train {

// Before step `until`, operands have 1 to `longest` digits (uniformly; cut to the model's digits). The last
// phase of a curriculum lasts to the end of the run, whatever its `until` says.
struct Phase {
  std::int64_t until = 0;
  int longest = 0;
  friend bool operator==(const Phase&, const Phase&) = default;
};

struct Recipe {
  std::int64_t steps = 162'000;
  int batch = 512;
  double peak_rate = 0.02;
  double floor = 0.1;  // the last rate, as a part of the peak
  std::int64_t warmup = 1350;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0.01;
  double clip = 1.0;
  std::vector<Phase> curriculum = {{2000, 3}, {7000, 6}, {162'000, 10}};
  double cascade_share = 0;          // part of each batch drawn rich in places whose digits sum to 9
  std::vector<double> step_weights;  // one for each answer token; empty: all 1
  double position_deviation = 0.02;  // standard deviation of the stored position tensors at the start
  bool oriented = false;             // answers look at their own places from the first step (orient.h)
  bool any_place = false;            // an operand pair's digits begin at any place, not at the ones
  // Early restarts: a run whose mean loss at an evaluation from retry_step on is above retry_loss starts over
  // from other weights, at most `retries` times. A seed that will fail tells so early.
  std::int64_t retry_step = 0;
  double retry_loss = 0;
  int retries = 0;

  friend bool operator==(const Recipe&, const Recipe&) = default;
};

struct NamedRecipe {
  std::string_view name;
  Recipe recipe;
};

std::span<const NamedRecipe> recipes();

// Throws InputError that lists the names where there is no such recipe.
const Recipe& recipe(std::string_view name);

// One round of the paper's fine-tuning: warm-up 500, floor 0.01, operands of every length from the first
// step.
Recipe finetune_round(double rate, std::int64_t steps);

nlohmann::json json(const Recipe& recipe);  // one field for each member, by its name

// Throws InputError naming `where` and the field: missing, surplus, of another type. Does not validate().
Recipe recipe_from_json(const nlohmann::json& json, const std::string& where);

// Throws InputError naming `where` and the field: ranges; a curriculum that is empty, out of order or ends
// below `digits`; step weights that are not digits + 2 numbers from 0 up with one above 0.
void validate(const Recipe& recipe, int digits, const std::string& where);

}  // namespace carryscope::train
