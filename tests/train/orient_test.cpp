// An oriented start: every answer position looks at its own place most, whatever digits are read.
#include "train/orient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "train/initialise.h"

namespace carryscope::train {
namespace {

using model::Config;
using model::Dense;

// What the norm hands on of (token, position), without its weights.
std::vector<double> normed(model::Decoder& decoder, const Config& config, int token, int position) {
  const auto d = static_cast<std::size_t>(config.width);
  std::vector<double> x(d);
  double mean = 0, square = 0;
  for (std::size_t i = 0; i < d; ++i) {
    const auto& tokens = model::dense(decoder, Dense::token_embedding);
    const auto& positions = model::dense(decoder, Dense::position_embedding);
    x[i] = tokens.value[tokens.at(token, static_cast<int>(i))] +
           positions.value[positions.at(position, static_cast<int>(i))];
    if (config.norm == model::NormType::layer) mean += x[i] / config.width;
  }
  for (double& v : x) v -= mean, square += v * v / config.width;
  for (double& v : x) v /= std::sqrt(square);
  return x;
}

double score(model::Decoder& decoder, const std::vector<double>& from, const std::vector<double>& to) {
  const auto &query = model::dense(decoder, Dense::query), &key = model::dense(decoder, Dense::key);
  double sum = 0;
  for (int j = 0; j < query.cols; ++j) {
    double q = 0, k = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
      q += from[i] * query.value[query.at(static_cast<int>(i), j)];
      k += to[i] * key.value[key.at(static_cast<int>(i), j)];
    }
    sum += q * k;
  }
  return sum;
}

// Mean over digits of the score from the position that asks for a place to the one that holds a's digit
// there.
void expect_own_place(const Config& config) {
  Recipe recipe = train::recipe("oriented");
  model::Decoder decoder = model::multiply_out(first_weights(config, recipe, 3));
  const model::Layout layout = model::Layout::seeds(config.digits);
  for (int step = 0; step < config.digits; ++step) {
    std::vector<double> by_place(static_cast<std::size_t>(config.digits));
    for (int asked = 0; asked < 10; ++asked)
      for (int held = 0; held < 10; ++held) {
        const auto from = normed(decoder, config, step == 0 ? 11 : asked, layout.query_position(step));
        for (int p = 0; p < config.digits; ++p)
          by_place[static_cast<std::size_t>(layout.slot(p).place)] +=
              score(decoder, from, normed(decoder, config, held, p)) / 100;
      }
    for (std::size_t place = 0; place < by_place.size(); ++place)
      if (std::abs(static_cast<int>(place) - step) > 1) {
        EXPECT_LT(by_place[place], by_place[static_cast<std::size_t>(step)]) << step << " " << place;
      }
  }
}

TEST(Orient, EveryPresetLooksAtItsOwnPlace) {
  for (const model::Preset& preset : model::presets()) {
    SCOPED_TRACE(preset.name);
    expect_own_place(preset.config);
  }
}

TEST(Orient, EveryTyingLooksAtItsOwnPlace) {
  for (const model::TyingRow& row : model::tyings()) {
    SCOPED_TRACE(row.name);
    Config config = model::preset("456");
    config.tying = row.mode;
    expect_own_place(config);
  }
}

TEST(Orient, IsFixedByTheSeedAndLeavesTheRestAlone) {
  const Config config = model::preset("311");
  const model::Factored plain = initialise(config, 5);
  model::Factored once = plain, again = plain, other = plain;
  orient(once, 5), orient(again, 5), orient(other, 6);
  for (std::size_t t = 0; t < plain.tensors.size(); ++t) {
    const std::string& name = plain.tensors[t].name;
    const bool turned =
        name.ends_with("emb.weight") || name.starts_with("pos_emb") || name.find("qkv") != std::string::npos;
    EXPECT_EQ(once.tensors[t].values, again.tensors[t].values);
    EXPECT_EQ(once.tensors[t].values == plain.tensors[t].values, !turned) << name;
    EXPECT_EQ(once.tensors[t].values == other.tensors[t].values, !turned) << name;
    for (const double v : once.tensors[t].values) EXPECT_EQ(v, static_cast<double>(static_cast<float>(v)));
  }
}

}  // namespace
}  // namespace carryscope::train
