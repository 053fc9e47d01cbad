// Recipes by name, as JSON, and what is refused.
#include "train/recipe.h"

#include <gtest/gtest.h>

#include <limits>

#include "model/error.h"

namespace carryscope::train {
namespace {

using model::InputError;

std::string complaint_of(const Recipe& recipe, int digits = 10) {
  try {
    validate(recipe, digits, "run.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Recipe, ThePapersIsTheDefault) {
  EXPECT_EQ(recipe("paper"), Recipe{});
  EXPECT_EQ(complaint_of(recipe("paper")), "");
  EXPECT_EQ(complaint_of(recipe("paper"), 2), "");
  EXPECT_EQ(complaint_of(finetune_round(1e-3, 100'000)), "");
}

TEST(Recipe, EveryNamedOneIsValid) {
  for (const NamedRecipe& row : recipes()) EXPECT_EQ(complaint_of(row.recipe), "") << row.name;
}

TEST(Recipe, AnUnknownNameIsAnsweredWithTheNames) {
  try {
    recipe("papr");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("'papr' does not exist; choose one of paper"),
              std::string::npos);
  }
}

Recipe unlike_the_default() {
  Recipe r;
  r.steps = 27'000, r.batch = 64, r.peak_rate = 0.0123456789012345, r.floor = 0.2, r.warmup = 7;
  r.beta1 = 0.8, r.beta2 = 0.99, r.epsilon = 1e-7, r.weight_decay = 0.001, r.clip = 0.5;
  r.curriculum = {{10, 2}, {27'000, 10}};
  r.cascade_share = 0.3;
  r.oriented = r.any_place = true;
  r.step_weights = {1, 1, 2, 2, 1, 1, 1, 1, 1, 0.5, 0, 1};
  return r;
}

TEST(Recipe, JsonRoundTrip) {
  for (const Recipe& r : {Recipe{}, finetune_round(3e-4, 50'000), unlike_the_default()}) {
    const std::string text = json(r).dump();
    EXPECT_EQ(recipe_from_json(nlohmann::json::parse(text), "run.json"), r) << text;
  }
}

// Each field of the JSON is needed, has one type, and nothing else is accepted.
TEST(Recipe, JsonIsReadStrictly) {
  const nlohmann::json good = json(unlike_the_default());
  for (const auto& [field, value] : good.items()) {
    nlohmann::json missing = good, wrong = good;
    missing.erase(field);
    wrong[field] = "text";
    for (const auto& bad : {missing, wrong}) try {
        recipe_from_json(bad, "run.json");
        ADD_FAILURE() << field;
      } catch (const InputError& error) {
        EXPECT_EQ(std::string(error.what()).find("run.json: " + field), 0U) << error.what();
      }
  }
  nlohmann::json surplus = good;
  surplus["batches"] = 1;
  EXPECT_THROW(recipe_from_json(surplus, "run.json"), InputError);
  surplus = good;
  surplus["curriculum"][0]["shortest"] = 1;
  EXPECT_THROW(recipe_from_json(surplus, "run.json"), InputError);
  EXPECT_THROW(recipe_from_json(nlohmann::json::array(), "run.json"), InputError);
}

struct Bad {
  const char* begins;
  void (*spoil)(Recipe&);
};

TEST(Recipe, RangesAreChecked) {
  const Bad cases[] = {
      {"run.json: steps is 0,", [](Recipe& r) { r.steps = 0; }},
      {"run.json: batch is 0,", [](Recipe& r) { r.batch = 0; }},
      {"run.json: warmup is -1,", [](Recipe& r) { r.warmup = -1; }},
      {"run.json: peak_rate is 0,", [](Recipe& r) { r.peak_rate = 0; }},
      {"run.json: peak_rate is nan,",
       [](Recipe& r) { r.peak_rate = std::numeric_limits<double>::quiet_NaN(); }},
      {"run.json: floor is 1.5,", [](Recipe& r) { r.floor = 1.5; }},
      {"run.json: beta1 is 1,", [](Recipe& r) { r.beta1 = 1; }},
      {"run.json: beta2 is 1,", [](Recipe& r) { r.beta2 = 1; }},
      {"run.json: epsilon is 0,", [](Recipe& r) { r.epsilon = 0; }},
      {"run.json: weight_decay is -1,", [](Recipe& r) { r.weight_decay = -1; }},
      {"run.json: clip is 0,", [](Recipe& r) { r.clip = 0; }},
      {"run.json: cascade_share is 1.1,", [](Recipe& r) { r.cascade_share = 1.1; }},
      {"run.json: curriculum is empty,", [](Recipe& r) { r.curriculum.clear(); }},
      {"run.json: curriculum has a phase until step 5 after one until 5,",
       [](Recipe& r) {
         r.curriculum = {{5, 3}, {5, 10}};
       }},
      {"run.json: curriculum.longest is 0,",
       [](Recipe& r) {
         r.curriculum = {{5, 0}};
       }},
      {"run.json: curriculum ends with operands of 9 digits,",
       [](Recipe& r) {
         r.curriculum = {{5, 9}};
       }},
      {"run.json: step_weights has 11 numbers, expected 12,",
       [](Recipe& r) { r.step_weights.assign(11, 1); }},
      {"run.json: step_weights is -1,", [](Recipe& r) { r.step_weights.assign(12, -1); }},
      {"run.json: step_weights is 0 everywhere,", [](Recipe& r) { r.step_weights.assign(12, 0); }},
  };
  for (const Bad& bad : cases) {
    Recipe r;
    bad.spoil(r);
    EXPECT_EQ(complaint_of(r).find(bad.begins), 0U) << bad.begins << " but: " << complaint_of(r);
  }
  EXPECT_NE(complaint_of(recipe("paper"), 12), "");  // its curriculum ends at 10
}

}  // namespace
}  // namespace carryscope::train
