// Initial weights: variances within five standard errors, over many seeds; the same on every call.
#include "train/initialise.h"

#include <gtest/gtest.h>

#include <cmath>

namespace carryscope::train {
namespace {

using model::Config;
using model::Factored;
using model::Part;

// By the shapes alone: an embedding or a whole map, a low-rank position factor, a linear map's factor.
double expected_variance(const Part& part) {
  if (part.name.find("emb") != std::string::npos || part.name.ends_with("weight")) return 0.0004;
  return 2.0 / (part.rows + part.cols);
}

void expect_moments(const Config& config) {
  constexpr std::uint64_t kSeeds = 300;
  const std::vector<Part> parts = model::parts(config);
  std::vector<double> sum(parts.size()), square(parts.size());
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Factored model = initialise(config, seed);
    ASSERT_EQ(model.tensors.size(), parts.size());
    for (std::size_t p = 0; p < parts.size(); ++p)
      for (const double v : model.tensors[p].values) sum[p] += v, square[p] += v * v;
  }
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const double n = static_cast<double>(parts[p].size() * kSeeds), variance = expected_variance(parts[p]);
    if (parts[p].rows == 0) {
      EXPECT_EQ(sum[p], parts[p].name.ends_with(".bias") ? 0 : n) << parts[p].name;
    } else {
      EXPECT_NEAR(sum[p] / n, 0, 5 * std::sqrt(variance / n)) << parts[p].name;
      EXPECT_NEAR(square[p] / n, variance, 5 * variance * std::sqrt(2 / n)) << parts[p].name;
    }
  }
}

TEST(Initialise, EveryPresetHasTheDesignsVariances) {
  for (const model::Preset& preset : model::presets()) {
    SCOPED_TRACE(preset.name);
    expect_moments(preset.config);
  }
}

TEST(Initialise, EveryTyingHasTheDesignsVariances) {
  for (const model::TyingRow& row : model::tyings()) {
    SCOPED_TRACE(row.name);
    Config config = model::preset("512");
    config.tying = row.mode;
    expect_moments(config);
  }
}

TEST(Initialise, IsAssembledFloat32AndRepeatable) {
  const Config config = model::preset("311");
  const Factored model = initialise(config, 34), again = initialise(config, 34),
                 other = initialise(config, 35);
  for (std::size_t p = 0; p < model.tensors.size(); ++p) {
    EXPECT_EQ(model.tensors[p].values, again.tensors[p].values);
    if (model.tensors[p].shape.size() == 2) {
      EXPECT_NE(model.tensors[p].values, other.tensors[p].values);
    }
    for (const double v : model.tensors[p].values) EXPECT_EQ(v, static_cast<double>(static_cast<float>(v)));
  }
  EXPECT_NO_THROW(model::assemble(config, model::Precision::float32, model.tensors, "initial weights"));
}

TEST(Initialise, NoTwoTensorsShareTheirDraws) {
  const Factored model = initialise(model::preset("512"), 1);
  const auto& a = model.at("blocks.0.attn.proj.A").values;  // 7 x 3, 2 / 10
  const auto& b = model.at("blocks.0.attn.proj.B").values;  // 3 x 7, 2 / 10
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace carryscope::train
