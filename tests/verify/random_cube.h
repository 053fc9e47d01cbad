// Random cubes, and what they mean, pair by pair: from the definition, not from the automaton.
#pragma once

#include <random>

#include "verify/cube.h"

namespace carryscope::test {

// Masks of a few digits missing, or of a few digits left.
inline verify::Cube random_cube(std::mt19937_64& random, int digits) {
  verify::Cube cube = verify::Cube::everything(digits);
  const auto restrict_to = [&](auto& mask, unsigned any) {
    if (random() % 2 == 0) return;
    const auto kept = static_cast<unsigned>(random() | (random() % 2 == 0 ? random() : 0));
    mask = static_cast<std::remove_reference_t<decltype(mask)>>(kept & any);
  };
  for (std::size_t i = 0; i < static_cast<std::size_t>(digits); ++i) {
    restrict_to(cube.a[i], verify::kAnyDigit);
    restrict_to(cube.b[i], verify::kAnyDigit);
    restrict_to(cube.s[i], verify::kAnyDigit);
    if (i > 0 && random() % 3 == 0) cube.c[i] = static_cast<std::uint8_t>(1 + random() % 3);
  }
  const auto top = static_cast<std::size_t>(digits);
  if (random() % 4 == 0) cube.c[top] = static_cast<std::uint8_t>(1 + random() % 3);
  if (random() % 4 == 0) cube.s[top] = static_cast<verify::Digits>(1 + random() % 3);
  return cube;
}

inline bool contains(const verify::Cube& cube, model::Pair pair) {
  std::uint64_t sum = pair.a + pair.b;
  for (int i = 0; i <= cube.digits; ++i) {
    const auto p = static_cast<std::size_t>(i);
    const std::uint64_t below = model::power_of_ten(i);
    const auto carry = (pair.a % below + pair.b % below) / below;
    if (!(cube.c[p] >> carry & 1) || !(cube.s[p] >> (sum / below % 10) & 1)) return false;
    if (i == cube.digits) break;
    if (!(cube.a[p] >> (pair.a / below % 10) & 1) || !(cube.b[p] >> (pair.b / below % 10) & 1)) return false;
  }
  return true;
}

template <class Visit>
void for_each_pair(int digits, Visit&& visit) {
  const std::uint64_t side = model::power_of_ten(digits);
  for (std::uint64_t a = 0; a < side; ++a)
    for (std::uint64_t b = 0; b < side; ++b) visit(model::Pair{a, b});
}

}  // namespace carryscope::test
