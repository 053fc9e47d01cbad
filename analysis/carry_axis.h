// CarryAxis: the direction of the residual before the feed-forward that tells a step's carry best.
//
// Fisher's linear discriminant between pairs with and without a carry into the step's place, among pairs
// with the same a + b at that place, from sampled pairs and true prefixes. Coordinates are scaled so
// that among those, on average, 0 is the mean without a carry and 1 the mean with one. A description of
// the model, not a proof: margins says what is proven.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "analysis/anatomy.h"
#include "model/pairs.h"

namespace carryscope::analysis {

struct CarryAxis {
  static constexpr int kSums = 19;  // a + b of one place: 0..18; 0 for the place above all operands
  Vector direction;                 // d
  std::array<std::optional<double>, kSums> offset;  // by a + b; nothing where the sample had too few

  // The coordinate of a residual (d); nothing where there is no offset.
  std::optional<double> at(const Vector& before, int sum) const;
};

// a + b at the place.
int sum_at(model::Pair pair, int place, int digits);

// [step]; nothing where the place has no place below it, or the residual is the same with and without.
std::vector<std::optional<CarryAxis>> carry_axes(const model::AttentionTable<double>& table,
                                                 const std::vector<model::Pair>& pairs);

}  // namespace carryscope::analysis
