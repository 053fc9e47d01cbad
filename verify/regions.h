// Regions: disjoint failing cubes, merged into few and ranked by mass.
#pragma once

#include "verify/failing_set.h"

namespace carryscope::verify {

// Unites cubes that differ in one place's digits only (same verdict and step) until nothing more
// unites; the volumes still add up. Largest first; ties in a fixed order.
std::vector<Piece> merge_regions(std::vector<Piece> pieces);

}  // namespace carryscope::verify
