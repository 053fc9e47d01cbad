// How the pairs of a cube divide among the cascade classes S_0..S_n and among the patterns of carries.
//
// Two more readings of the carry automaton: with the current and the longest cascade as state, and
// with every path of carries kept apart.
#pragma once

#include <vector>

#include "verify/cube.h"

namespace carryscope::verify {

// [k]: pairs of the cube in class S_k (model::cascade_class), 0 <= k <= digits.
std::vector<Count> count_by_cascade(const Cube& cube);

// Adds to counts[bits] the pairs with that pattern of carries; bit i - 1 = the carry into place i, so
// counts has 2^digits entries.
void add_by_carries(const Cube& cube, std::vector<Count>& counts);

}  // namespace carryscope::verify
