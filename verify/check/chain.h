// Cubes of additions and folds along their carries, in exact integers.
//
// Tokens are numbered a_0.. b_0.. s_0..s_n c_0..c_n; a cube allows each a set of digits (a carry: of 0, 1).
// One addition is a path: place i reads a_i, b_i in carry c_i, s_i = (a_i + b_i + c_i) mod 10, c_{i+1} is
// the carry out; c_0 = 0 and s_n = c_n.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/addition.h"

namespace carryscope::verify::check {

using Count = unsigned __int128;

enum class Verdict : std::uint8_t { correct = 0, wrong = 1, rounding = 2, undecided = 3 };

struct Cube {
  int digits = 0;
  std::array<std::uint16_t, 4 * model::kMaxDigits + 2> allowed{};

  static Cube everything(int digits);
  int token_count() const { return 4 * digits + 2; }
  std::uint16_t& at(int token) { return allowed[static_cast<std::size_t>(token)]; }
  unsigned at(int token) const { return allowed[static_cast<std::size_t>(token)]; }
  bool allows(int token, int digit) const { return (at(token) >> digit & 1) != 0; }
};
inline int a_token(int place) { return place; }
inline int b_token(int digits, int place) { return digits + place; }
inline int s_token(int digits, int place) { return 2 * digits + place; }
inline int c_token(int digits, int place) { return 3 * digits + 1 + place; }

Count count(const Cube& cube);
Cube intersection(Cube x, const Cube& y);
Cube restricted(Cube cube, int token, int digit);
Cube occurring(const Cube& cube);  // the same additions, without digits that are in none of them
int width(const Cube& cube);       // from the lowest to the highest place that it restricts
std::string to_string(Count value);
std::string to_string(const Cube& cube);  // what it restricts: "s4=7 c5=1 a4=[012]"

// One term for each digit of a, b and s, and a constant. A term is in whole quanta; its weight is carried
// along, but not compared.
struct Term {
  std::int64_t value = 0;
  double weight = 0;
  friend Term operator+(const Term& x, const Term& y) { return {x.value + y.value, x.weight + y.weight}; }
};
struct Terms {
  int digits = 0;
  Term constant;
  std::vector<Term> token;
  double quantum = 1.0;
  explicit Terms(int n) : digits(n), token(static_cast<std::size_t>(30 * n + 10)) {}
  Term& at(int t, int digit) { return token[static_cast<std::size_t>(10 * t + digit)]; }
  const Term& at(int t, int digit) const { return token[static_cast<std::size_t>(10 * t + digit)]; }
};
inline constexpr std::int64_t kLargestSum = std::int64_t{1} << 60;  // that terms may have, in quanta

// The largest sum of terms over all additions of the cube; below -kLargestSum where it is empty.
Term largest(const Cube& cube, const Terms& f);

// How many additions of the cube surely have a negative sum of terms: each letter's terms are rounded up to
// whole bins, some `bins` of which make the range, and pairs are counted per bin and carry.
Count count_negative(const Cube& cube, const Terms& f, int bins);

}  // namespace carryscope::verify::check
