// Cubes of additions and folds along their carries, in exact integers.
//
// Tokens are numbered a_0.. b_0.. s_0..s_n c_0..c_n; a cube allows each a set of digits (a carry: of 0, 1).
// One addition is a path: place i reads a_i, b_i in carry c_i, s_i = (a_i + b_i + c_i) mod 10, c_{i+1} is
// the carry out; c_0 = 0 and s_n = c_n. A fold keeps one value for each carry.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/addition.h"

namespace carryscope::verify::check {

using Int = __int128;
using Count = unsigned __int128;

enum class Verdict : std::uint8_t { correct = 0, wrong = 1, rounding = 2, undecided = 3 };

struct Cube {
  int digits = 0;
  std::array<std::uint16_t, 4 * model::kMaxDigits + 2> allowed{};

  static Cube everything(int digits);
  int token_count() const { return 4 * digits + 2; }
  std::uint16_t& at(int token) { return allowed[static_cast<std::size_t>(token)]; }
  unsigned at(int token) const { return allowed[static_cast<std::size_t>(token)]; }
};
inline int a_token(int place) { return place; }
inline int b_token(int digits, int place) { return digits + place; }
inline int s_token(int digits, int place) { return 2 * digits + place; }
inline int c_token(int digits, int place) { return 3 * digits + 1 + place; }

Count count(const Cube& cube);
Cube restricted(Cube cube, int token, int digit);
std::string to_string(Count value);
std::string to_string(const Cube& cube);  // what it restricts: "s4=7 c5=1 a4=[012]"

// Calls letter(a, b, s, out) for each letter of the place that the cube allows in this carry.
template <class Letter>
void for_each_letter(const Cube& cube, int place, int carry, Letter&& letter) {
  const int n = cube.digits;
  const unsigned as = cube.at(a_token(place)), bs = cube.at(b_token(n, place)),
                 ss = cube.at(s_token(n, place)), cs = cube.at(c_token(n, place + 1));
  if (!(cube.at(c_token(n, place)) >> carry & 1)) return;
  for (int a = 0; a < 10; ++a) {
    if (!(as >> a & 1)) continue;
    for (int b = 0; b < 10; ++b) {
      if (!(bs >> b & 1)) continue;
      const int sum = a + b + carry, out = sum >= 10, s = sum - 10 * out;
      if ((ss >> s & 1) && (cs >> out & 1)) letter(a, b, s, out);
    }
  }
}

// One term for each digit of a, b and s, and a constant.
template <class V>
struct Terms {
  V constant{};
  std::vector<std::array<V, 10>> token;
  explicit Terms(int digits) : token(static_cast<std::size_t>(3 * digits + 1)) {}
  std::array<V, 10>& at(int t) { return token[static_cast<std::size_t>(t)]; }
  const std::array<V, 10>& at(int t) const { return token[static_cast<std::size_t>(t)]; }
};

// The largest sum of terms over all additions of the cube; nothing where the cube is empty.
template <class V>
std::optional<V> largest(const Cube& cube, const Terms<V>& f) {
  const int n = cube.digits;
  std::optional<V> state[2] = {f.constant, std::nullopt};
  const auto raise = [](std::optional<V>& best, const V& v) {
    if (!best || *best < v) best = v;
  };
  for (int i = 0; i < n; ++i) {
    std::optional<V> next[2];
    const auto &fa = f.at(a_token(i)), &fb = f.at(b_token(n, i)), &fs = f.at(s_token(n, i));
    for (int carry = 0; carry < 2; ++carry) {
      if (!state[carry]) continue;
      std::optional<V> best[2];
      for_each_letter(cube, i, carry, [&](int a, int b, int s, int out) {
        raise(best[out], fa[static_cast<std::size_t>(a)] + fb[static_cast<std::size_t>(b)] +
                             fs[static_cast<std::size_t>(s)]);
      });
      for (int out = 0; out < 2; ++out)
        if (best[out]) raise(next[out], *state[carry] + *best[out]);
    }
    state[0] = next[0], state[1] = next[1];
  }
  std::optional<V> top;
  for (std::size_t carry = 0; carry < 2; ++carry)
    if (state[carry] && (cube.at(s_token(n, n)) >> carry & 1) && (cube.at(c_token(n, n)) >> carry & 1))
      raise(top, *state[carry] + f.at(s_token(n, n))[carry]);
  return top;
}

// How many additions of the cube surely have a negative sum of terms: each letter's terms are rounded up to
// whole bins, some `bins` of which make the range, and pairs are counted per bin and carry.
Count count_negative(const Cube& cube, const Terms<Int>& f, int bins);

}  // namespace carryscope::verify::check
