// What a tensor is, is read off its name and shape.
#include "train/initialise.h"

#include <cmath>

#include "train/counter_random.h"
#include "train/orient.h"

namespace carryscope::train {
namespace {

constexpr double kNarrow = 0.02;

// Standard deviation of a matrix's entries.
double spread(const model::Part& part, double position_deviation) {
  if (part.name.starts_with("pos_emb.")) return position_deviation;
  return part.name.ends_with(".weight") ? kNarrow : std::sqrt(2.0 / (part.rows + part.cols));
}

model::Tensor drawn(const model::Part& part, double deviation, CounterRandom random) {
  model::Tensor tensor{part.name, {part.rows, part.cols}, std::vector<double>(part.size())};
  for (double& value : tensor.values)
    value = static_cast<double>(static_cast<float>(deviation * random.normal()));
  return tensor;
}

}  // namespace

model::Factored initialise(const model::Config& config, std::uint64_t seed, double position_deviation) {
  model::Factored out{config, model::Precision::float32, {}};
  for (const model::Part& part : model::parts(config)) {
    if (part.rows > 0)
      out.tensors.push_back(drawn(part, spread(part, position_deviation), {seed, out.tensors.size()}));
    else
      out.tensors.push_back({part.name,
                             {part.cols},
                             std::vector<double>(part.size(), part.name.ends_with(".bias") ? 0.0 : 1.0)});
  }
  return out;
}

model::Factored first_weights(const model::Config& config, const Recipe& recipe, std::uint64_t seed) {
  model::Factored out = initialise(config, seed, recipe.position_deviation);
  if (recipe.oriented) orient(out, seed);
  return out;
}

}  // namespace carryscope::train
