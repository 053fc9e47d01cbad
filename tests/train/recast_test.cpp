// Recasting: what the wanted configuration can hold stays, to rounding; the rest is cut by the stated rule.
#include "train/recast.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/error.h"
#include "train/initialise.h"

namespace carryscope::train {
namespace {

using model::Dense;

model::Weights dense_of(const model::Factored& model, Dense which) {
  model::Decoder decoder = model::multiply_out(model);
  return model::dense(decoder, which);
}

double square(const model::Weights& w) {
  double sum = 0;
  for (const double x : w.value) sum += x * x;
  return sum;
}

double square_distance(model::Weights x, const model::Weights& y) {
  EXPECT_EQ(x.value.size(), y.value.size());
  for (std::size_t i = 0; i < x.value.size(); ++i) x.value[i] -= y.value[i];
  return square(x);
}

TEST(Recast, TheSameConfigurationKeepsEveryMap) {
  const auto given = initialise(model::preset("311"), 3);
  const auto same = recast(given, given.config, "given");
  for (const Dense which : {Dense::position_embedding, Dense::query, Dense::output, Dense::up, Dense::down})
    EXPECT_LT(square_distance(dense_of(same, which), dense_of(given, which)),
              1e-12 * square(dense_of(given, which)));
}

// Eckart and Young: of all maps of that rank none is nearer, and what is lost is orthogonal to what is kept.
TEST(Recast, ALowerRankKeepsTheNearestMap) {
  const auto given = initialise(model::preset("311"), 3);
  const auto whole = dense_of(given, Dense::output);
  double lost_before = 0;
  for (const char* name : {"303", "295"}) {
    const auto smaller = recast(given, model::preset(name), "given");
    EXPECT_EQ(smaller.config, model::preset(name));
    const auto kept = dense_of(smaller, Dense::output);
    const double lost = square_distance(kept, whole);
    EXPECT_NEAR(square(kept) + lost, square(whole), 1e-5 * square(whole));
    EXPECT_GT(lost, lost_before);
    EXPECT_LT(lost, square(whole) * 2 / 3);  // of three singular values the largest ones stay
    lost_before = lost;
    EXPECT_EQ(smaller.at("token_emb.weight").values, given.at("token_emb.weight").values);
  }
}

TEST(Recast, FewerNeuronsAreSomeOfTheGivenOnes) {
  const auto given = initialise(model::preset("295"), 5);
  const auto smaller = recast(given, model::preset("271"), "given");
  const auto up = dense_of(given, Dense::up), down = dense_of(given, Dense::down);
  const auto kept_up = dense_of(smaller, Dense::up), kept_down = dense_of(smaller, Dense::down);
  const auto same = [&](int neuron, int kept) {
    double off = 0;
    for (int i = 0; i < down.cols; ++i)
      off += std::abs(down.value[down.at(neuron, i)] - kept_down.value[kept_down.at(kept, i)]) +
             std::abs(up.value[up.at(i, neuron)] - kept_up.value[kept_up.at(i, kept)]);
    return off < 1e-6;
  };
  int neuron = 0;
  for (int kept = 0; kept < 4; ++kept, ++neuron) {
    while (neuron < 8 && !same(neuron, kept)) ++neuron;
    EXPECT_LT(neuron, 8) << kept;
  }
}

// A whole configuration holds every map, and a model of more ranks and neurons computes the same.
TEST(Recast, ALargerConfigurationKeepsEveryMap) {
  const auto given = initialise(model::preset("456"), 2);
  for (const char* name : {"491", "512", "777", "973"}) {
    SCOPED_TRACE(name);
    const auto larger = recast(given, model::preset(name), "given");
    EXPECT_EQ(larger.config, model::preset(name));
    for (const Dense which : {Dense::query, Dense::key, Dense::value, Dense::output})
      EXPECT_LT(square_distance(dense_of(larger, which), dense_of(given, which)),
                1e-12 * square(dense_of(given, which)));
    const double before = square(dense_of(given, Dense::down)), after = square(dense_of(larger, Dense::down));
    EXPECT_NEAR(after, before, 0x1p-23 * before);  // each entry is rounded to float32
  }
}

TEST(Recast, AnotherWidthOrASharedRightFactorIsRefused) {
  const auto given = initialise(model::preset("303"), 1);
  EXPECT_THROW(recast(given, model::preset("456"), "given"), model::InputError);
  model::Config shared = given.config;
  shared.tying = model::QkvTying::shareB;
  EXPECT_THROW(recast(given, shared, "given"), model::InputError);
}

}  // namespace
}  // namespace carryscope::train
