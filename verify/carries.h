// The carry automaton over a semiring: every question about all additions in a cube is one fold.
//
// A semiring S has a Value, zero(), one(), plus(x, y) (alternatives) and times(x, y) (sequence).
// A place becomes a 2 x 2 matrix over S, entry [c_in][c_out] = the plus over the letters (a, b) that
// the cube allows there of their weight. Over (+, x) it counts; over (max, +) it bounds.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "verify/cube.h"

namespace carryscope::verify {

struct Counting {
  using Value = Count;
  static Value zero() { return 0; }
  static Value one() { return 1; }
  static Value plus(Value x, Value y) { return x + y; }
  static Value times(Value x, Value y) { return x * y; }
};

// Upward rounding makes every max a bound from above. A minimum is minus the maximum of the negation.
struct MaxPlus {
  using Value = double;
  static Value zero() { return -std::numeric_limits<double>::infinity(); }
  static Value one() { return 0.0; }
  static Value plus(Value x, Value y) { return std::max(x, y); }
  static Value times(Value x, Value y) { return x + y; }
};

template <class S>
struct PlaceMatrix {
  typename S::Value at[2][2] = {{S::zero(), S::zero()}, {S::zero(), S::zero()}};
};

template <class S>
PlaceMatrix<S> multiply(const PlaceMatrix<S>& low, const PlaceMatrix<S>& high) {
  PlaceMatrix<S> product;
  for (int in = 0; in < 2; ++in)
    for (int out = 0; out < 2; ++out)
      product.at[in][out] =
          S::plus(S::times(low.at[in][0], high.at[0][out]), S::times(low.at[in][1], high.at[1][out]));
  return product;
}

// Calls letter(a, b, s, c_in, c_out) for every letter the cube allows at the place.
template <class Letter>
void for_each_letter(const Cube& cube, int place, Letter&& letter) {
  const auto i = static_cast<std::size_t>(place);
  for (int carry = 0; carry < 2; ++carry) {
    if (!(cube.c[i] >> carry & 1)) continue;
    for (int a = 0; a < 10; ++a) {
      if (!(cube.a[i] >> a & 1)) continue;
      for (int b = 0; b < 10; ++b) {
        if (!(cube.b[i] >> b & 1)) continue;
        const int sum = a + b + carry, out = sum >= 10;
        const int s = sum - 10 * out;
        if ((cube.s[i] >> s & 1) && (cube.c[i + 1] >> out & 1)) letter(a, b, s, carry, out);
      }
    }
  }
}

// Whether the cube allows the last carry, which is also the sum's last digit.
inline bool allows_top(const Cube& cube, int carry) {
  const auto n = static_cast<std::size_t>(cube.digits);
  return (cube.c[n] >> carry & 1) && (cube.s[n] >> carry & 1);
}

// [place][carry]: the ways to read the cube's additions from the place on, given the carry into it.
inline std::vector<std::array<Count, 2>> completions(const Cube& cube) {
  const auto n = static_cast<std::size_t>(cube.digits);
  std::vector<std::array<Count, 2>> rest(n + 1, {0, 0});
  for (int c = 0; c < 2; ++c) rest[n][static_cast<std::size_t>(c)] = allows_top(cube, c) ? 1 : 0;
  for (std::size_t i = n; i-- > 0;)
    for_each_letter(cube, static_cast<int>(i), [&](int, int, int, int in, int out) {
      rest[i][static_cast<std::size_t>(in)] += rest[i + 1][static_cast<std::size_t>(out)];
    });
  return rest;
}

// Calls visit(cube) for each part of the cube in which the target digit is known.
template <class Visit>
void for_each_target(const Cube& cube, int place, Visit&& visit) {
  const std::size_t p = static_cast<std::size_t>(place);
  if (place == cube.digits) {
    for (int carry = 0; carry < 2; ++carry) {
      if (!allows_top(cube, carry)) continue;
      Cube part = cube;
      part.c[p] = static_cast<std::uint8_t>(1 << carry);
      part.s[p] = only(carry);
      visit(part);
    }
    return;
  }
  for_each_letter(cube, place, [&](int a, int b, int s, int in, int out) {
    Cube part = cube;
    part.a[p] = only(a);
    part.b[p] = only(b);
    part.s[p] = only(s);
    part.c[p] = static_cast<std::uint8_t>(1 << in);
    part.c[p + 1] = static_cast<std::uint8_t>(1 << out);
    visit(part);
  });
}

}  // namespace carryscope::verify
