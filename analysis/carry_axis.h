// CarryAxis: the direction of the residual before the feed-forward that tells a step's carry best.
//
// Fisher's linear discriminant between pairs with and without a carry into the step's place, from
// sampled pairs and true prefixes. Coordinates are scaled so that the mean without a carry is 0 and the
// mean with one is 1. A description of the model, not a proof: margins says what is proven.
#pragma once

#include <optional>
#include <vector>

#include "analysis/anatomy.h"
#include "model/pairs.h"

namespace carryscope::analysis {

struct CarryAxis {
  Vector direction;     // d
  double offset = 0.0;  // coordinate = direction . before + offset
  double at(const Vector& before) const;
};

// [step]; nothing where the place has no place below it, or the residual is the same with and without.
std::vector<std::optional<CarryAxis>> carry_axes(const model::AttentionTable<double>& table,
                                                 const std::vector<model::Pair>& pairs);

}  // namespace carryscope::analysis
