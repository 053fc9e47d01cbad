// Cube: a set of additions given by allowed digits and carries.
//
// One addition of n digits is a path: place i reads a letter (a_i, b_i) in carry state c_i, writes
// s_i = (a_i + b_i + c_i) mod 10 and moves to c_{i+1}; c_0 = 0 and s_n = c_n. A cube allows each
// a_i, b_i, s_i a set of digits and each c_i a set of carries, so it is the set of paths through a
// two-state automaton with some letters removed. What one does with the paths (count them, bound a
// functional, sample) is a semiring over that automaton: carries.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "model/addition.h"

namespace carryscope::verify {

using Digits = std::uint16_t;  // bit d set: digit d allowed
using Count = unsigned __int128;

inline constexpr Digits kAnyDigit = 0x3FF;
inline constexpr std::uint8_t kAnyCarry = 3;  // bit c set: carry c allowed
inline Digits only(int digit) { return static_cast<Digits>(1u << digit); }

struct Cube {
  int digits = 0;
  std::array<Digits, model::kMaxDigits> a{}, b{};
  std::array<Digits, model::kMaxDigits + 1> s{};
  std::array<std::uint8_t, model::kMaxDigits + 1> c{};

  static Cube everything(int digits);
  static Cube point(model::Pair pair, int digits);

  // The digits allowed at a token's place; the token is a, b or sum.
  Digits& allowed(model::Role role, int place);
  Digits allowed(model::Role role, int place) const;

  bool contains(model::Pair pair) const;
  friend bool operator==(const Cube&, const Cube&) = default;
};

// The cube of the pairs in both.
Cube intersect(const Cube& x, const Cube& y);

// Number of pairs in the cube, exactly. At most 10^36, so 128 bits hold it.
Count count(const Cube& cube);

// The pair of rank `index`, 0 <= index < count(cube), in a fixed order.
model::Pair nth_pair(const Cube& cube, Count index);

// 10^(2 digits), the number of all pairs.
Count all_pairs(int digits);

std::string to_string(Count value);  // decimal

// "a=*****0*61*  b=... s=... c=...": one character a place, most significant first; '.' any digit, a
// digit where one is allowed, [..] a set. Sum and carries are left out where nothing is said of them.
std::string pattern(const Cube& cube);

}  // namespace carryscope::verify
