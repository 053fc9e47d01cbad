#include "analysis/ablation_kinds.h"

namespace carryscope::analysis {
namespace {

using verify::Cube;
using Held = AblationKind::Held;

std::vector<Substitution> all_by_all(int digits, int, model::Pair) {
  return {{Cube::everything(digits), Cube::everything(digits)}};
}

std::vector<Substitution> by_stated(int digits, int, model::Pair stated) {
  return {{Cube::everything(digits), Cube::point(stated, digits)}};
}

std::vector<Substitution> by_carry(int digits, int place, model::Pair) {
  std::vector<Substitution> classes;
  for (int carry = 0; carry < 2; ++carry) {
    Cube cube = Cube::everything(digits);
    auto& allowed = cube.c[static_cast<std::size_t>(place)];
    allowed = static_cast<std::uint8_t>(allowed & (1 << carry));
    if (verify::count(cube) > 0) classes.push_back({cube, cube});
  }
  return classes;
}

const KeyAblation* const kMask = &key_ablations()[0];
const KeyAblation* const kZero = &key_ablations()[1];
const KeyAblation* const kMean = &key_ablations()[2];

const AblationKind kKinds[] = {
    {"mask", "a key is not seen: its attention goes to the other keys", kMask, Held::never, false,
     all_by_all},
    {"zero", "a key is seen as before and its value is zero; a head or neuron gives zero", kZero, Held::zero,
     false, all_by_all},
    {"mean",
     "what it is on average over all pairs: a key's weight and weighted value, a head's output, a "
     "neuron's activation, the scale that a norm multiplies by",
     kMean, Held::mean, false, all_by_all},
    {"class mean", "the same over the pairs with the same carry into the step's place", kMean, Held::mean,
     false, by_carry},
    {"resample", "what it is for one stated pair", kMean, Held::mean, false, by_stated},
    {"optimal",
     "the constant under which the model loses least on a sample, as far as descent from the mean "
     "finds it; for keys, their sum, for each query state",
     kMean, Held::mean, true, all_by_all},
};

}  // namespace

std::span<const AblationKind> ablation_kinds() { return kKinds; }

}  // namespace carryscope::analysis
