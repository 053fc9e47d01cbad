// The named recipes, and the table of a recipe's real numbers that JSON and validation share.
#include "train/recipe.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "model/addition.h"
#include "model/checkpoint/json_text.h"
#include "model/error.h"

namespace carryscope::train {
namespace {

using model::InputError;

struct RealField {
  std::string_view name;
  double Recipe::*field;
  double low, high;  // both allowed
};

constexpr double kBelowOne = 0.9999999;
constexpr std::array<RealField, 10> kReals = {{
    {"peak_rate", &Recipe::peak_rate, 1e-12, 10},
    {"floor", &Recipe::floor, 0, 1},
    {"beta1", &Recipe::beta1, 0, kBelowOne},
    {"beta2", &Recipe::beta2, 0, kBelowOne},
    {"epsilon", &Recipe::epsilon, 1e-16, 1},
    {"weight_decay", &Recipe::weight_decay, 0, 1},
    {"clip", &Recipe::clip, 1e-12, 1e12},
    {"cascade_share", &Recipe::cascade_share, 0, 1},
    {"position_deviation", &Recipe::position_deviation, 0, 100},
    {"retry_loss", &Recipe::retry_loss, 0, 1e6},
}};

constexpr std::int64_t kMostSteps = 1'000'000'000;
constexpr int kLargestBatch = 1 << 20, kMostRetries = 1000;

[[noreturn]] void reject(const std::string& where, std::string_view field, const std::string& complaint) {
  throw InputError(fmt::format("{}: {} {}", where, field, complaint));
}

template <class T>
void in_range(T value, T low, T high, std::string_view field, const std::string& where) {
  if (!(value >= low && value <= high))  // NaN is refused, too
    reject(where, field, fmt::format("is {}, expected {} to {}", value, low, high));
}

void check_curriculum(const Recipe& recipe, int digits, const std::string& where) {
  if (recipe.curriculum.empty()) reject(where, "curriculum", "is empty, expected at least one phase");
  std::int64_t before = 0;
  for (const Phase& phase : recipe.curriculum) {
    in_range(phase.longest, 1, model::kMaxDigits, "curriculum.longest", where);
    if (phase.until <= before)
      reject(where, "curriculum",
             fmt::format("has a phase until step {} after one until {}, expected growing steps from 1 up",
                         phase.until, before));
    before = phase.until;
  }
  if (const int longest = recipe.curriculum.back().longest; longest < digits)
    reject(where, "curriculum",
           fmt::format("ends with operands of {} digits, expected the model's {}", longest, digits));
}

void check_step_weights(const std::vector<double>& weights, int digits, const std::string& where) {
  if (weights.empty()) return;
  if (weights.size() != static_cast<std::size_t>(digits) + 2)
    reject(where, "step_weights",
           fmt::format("has {} numbers, expected {}, one for each digit of the sum and one for the end",
                       weights.size(), digits + 2));
  for (const double w : weights) in_range(w, 0.0, 1e6, "step_weights", where);
  if (std::all_of(weights.begin(), weights.end(), [](double w) { return w == 0; }))
    reject(where, "step_weights", "is 0 everywhere, expected one number above 0");
}

std::vector<Phase> phases(const nlohmann::json& list, const std::string& where) {
  if (!list.is_array())
    reject(where, "curriculum", fmt::format("is {}, expected a list of phases", list.type_name()));
  std::vector<Phase> out;
  for (const auto& entry : list) {
    model::JsonObject phase(entry, where, fmt::format("curriculum[{}]", out.size()));
    Phase read;
    read.until = phase.integer("until", 1, kMostSteps);
    read.longest = phase.integer("longest", 1, model::kMaxDigits);
    out.push_back(read);
    phase.finish();
  }
  return out;
}

// A shorter memory of squared gradients, positions that differ from the first step on, and other weights
// where the loss says by step 21,600 that a place stays at chance.
Recipe restarts() {
  Recipe recipe;
  recipe.beta2 = 0.99;
  recipe.position_deviation = 0.7;
  recipe.retry_step = 21'600;
  recipe.retry_loss = 0.35;
  recipe.retries = 20;
  return recipe;
}

// What makes most seeds learn: places told apart before anything is learnt, and shown alike from the start.
Recipe oriented() {
  Recipe recipe = restarts();
  recipe.steps = 54'000;
  recipe.oriented = recipe.any_place = true;
  return recipe;
}

// Only starts whose loss is as low by step 32,400 as that of the seeds which learn all of it go on.
Recipe selective() {
  Recipe recipe = oriented();
  recipe.retry_step = 32'400;
  recipe.retry_loss = 0.09;
  return recipe;
}

}  // namespace

std::span<const NamedRecipe> recipes() {
  static const std::vector<NamedRecipe> table = {
      {"paper", Recipe{}}, {"restarts", restarts()}, {"oriented", oriented()}, {"selective", selective()}};
  return table;
}

const Recipe& recipe(std::string_view name) {
  std::string names;
  for (const NamedRecipe& row : recipes()) {
    if (row.name == name) return row.recipe;
    names += " " + std::string(row.name);
  }
  throw InputError(fmt::format("recipe '{}' does not exist; choose one of{}", name, names));
}

Recipe finetune_round(double rate, std::int64_t steps) {
  Recipe round;
  round.steps = steps;
  round.peak_rate = rate;
  round.floor = 0.01;
  round.warmup = 500;
  round.curriculum = {{steps, 10}};
  return round;
}

nlohmann::json json(const Recipe& recipe) {
  nlohmann::json out = {{"steps", recipe.steps},
                        {"batch", recipe.batch},
                        {"warmup", recipe.warmup},
                        {"retry_step", recipe.retry_step},
                        {"retries", recipe.retries},
                        {"oriented", recipe.oriented},
                        {"any_place", recipe.any_place},
                        {"step_weights", recipe.step_weights},
                        {"curriculum", nlohmann::json::array()}};
  for (const RealField& row : kReals) out[std::string(row.name)] = recipe.*row.field;
  for (const Phase& phase : recipe.curriculum)
    out["curriculum"].push_back({{"until", phase.until}, {"longest", phase.longest}});
  return out;
}

Recipe recipe_from_json(const nlohmann::json& json, const std::string& where) {
  model::JsonObject object(json, where, "");
  Recipe recipe;
  recipe.steps = object.integer("steps", 1, kMostSteps);
  recipe.batch = object.integer("batch", 1, kLargestBatch);
  recipe.warmup = object.integer("warmup", 0, kMostSteps);
  recipe.retry_step = object.integer("retry_step", 0, kMostSteps);
  recipe.retries = object.integer("retries", 0, kMostRetries);
  recipe.oriented = object.boolean("oriented");
  recipe.any_place = object.boolean("any_place");
  for (const RealField& row : kReals) recipe.*row.field = object.real(row.name);
  recipe.step_weights = model::json_vector(object.take("step_weights"), where, "step_weights");
  recipe.curriculum = phases(object.take("curriculum"), where);
  object.finish();
  return recipe;
}

void validate(const Recipe& recipe, int digits, const std::string& where) {
  in_range<std::int64_t>(recipe.steps, 1, kMostSteps, "steps", where);
  in_range(recipe.batch, 1, kLargestBatch, "batch", where);
  in_range<std::int64_t>(recipe.warmup, 0, kMostSteps, "warmup", where);
  in_range<std::int64_t>(recipe.retry_step, 0, kMostSteps, "retry_step", where);
  in_range(recipe.retries, 0, kMostRetries, "retries", where);
  for (const RealField& row : kReals) in_range(recipe.*row.field, row.low, row.high, row.name, where);
  check_curriculum(recipe, digits, where);
  check_step_weights(recipe.step_weights, digits, where);
}

}  // namespace carryscope::train
