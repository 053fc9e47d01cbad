// Regions: failing cubes, merged into few and ranked by mass.
#pragma once

#include <vector>

#include "verify/cube.h"
#include "verify/deadline.h"

namespace carryscope::verify {

struct StepCube {
  int step = 0;
  Cube cube;
  Count pairs = 0;
};

// Unites cubes of one step that differ in one place's digits only until nothing more unites or time is up;
// given disjoint cubes, the volumes still add up. Largest first; ties in a fixed order.
std::vector<StepCube> merge_regions(const std::vector<StepCube>& cubes,
                                    const Deadline& deadline = Deadline::never());

}  // namespace carryscope::verify
