// random_pair: a pair of a cube at random, uniform but for less than 2^-8 where a cube has 18 digits.
#pragma once

#include <random>

#include "verify/cube.h"

namespace carryscope::verify {

// The cube is not empty.
inline model::Pair random_pair(const Cube& cube, std::mt19937_64& random) {
  const Count high = random(), low = random();
  return nth_pair(cube, (high << 64 | low) % count(cube));
}

}  // namespace carryscope::verify
