// The exact extremes of a ratio of additive functionals over all additions of a cube, with their pairs.
//
// The largest N/D with D > 0: from any pair take x = N/D, find the pair with the largest N - x D by one fold
// along the carries, repeat until it is zero (Dinkelbach 1967). Every round's x is the ratio at a pair, so
// the result is attained; nothing is larger but for the rounding of doubles, about 1e-15 of the terms.
#pragma once

#include "verify/additive.h"

namespace carryscope::analysis {

struct Extreme {
  double value = 0.0;
  model::Pair pair;
};

// The pair of the cube with the largest f. The cube is not empty.
Extreme largest(const verify::Additive& f, const verify::Cube& cube);

// The largest (sign = 1) or smallest (sign = -1) ratio. The cube is not empty; D > 0 on it.
Extreme extreme_ratio(const verify::Additive& numerator, const verify::Additive& denominator,
                      const verify::Cube& cube, double sign);

}  // namespace carryscope::analysis
