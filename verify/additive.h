// Additive: a functional sum_j f_j(x_j) of the tokens of an addition, one table entry per token.
//
// Over all additions of a cube its maximum is exact: places are linked by their carries alone, so a
// fold over the (max, +) carry automaton finds it. Entries are rounded upward by whoever fills them
// in, hence every maximum here bounds the real one from above (RoundUpward). For minima, fill in
// the negated functional.
#pragma once

#include <array>

#include "verify/carries.h"

namespace carryscope::verify {

inline constexpr int kLane = 12;  // ten digits, padded to whole vectors

// The tokens an addition consists of: a_0.., b_0.., s_0..s_n, numbered in this order.
struct Token {
  model::Role role = model::Role::a;
  int place = 0;
};
inline int token_count(int digits) { return 3 * digits + 1; }
inline int token_index(Token token, int digits) {
  return (token.role == model::Role::a   ? 0
          : token.role == model::Role::b ? digits
                                         : 2 * digits) +
         token.place;
}
inline Token token_at(int index, int digits) {
  if (index < digits) return {model::Role::a, index};
  if (index < 2 * digits) return {model::Role::b, index - digits};
  return {model::Role::sum, index - 2 * digits};
}
// The digit that the token is in the addition of the pair.
int digit_of(Token token, model::Pair pair);

struct Additive {
  int digits = 0;
  double constant = 0.0;
  std::array<std::array<double, kLane>, 3 * model::kMaxDigits + 1> entry;  // [token_index][digit]

  void clear(int n);
  std::array<double, kLane>& of(Token token) {
    return entry[static_cast<std::size_t>(token_index(token, digits))];
  }
  const std::array<double, kLane>& of(Token token) const {
    return entry[static_cast<std::size_t>(token_index(token, digits))];
  }

  double at(model::Pair pair) const;  // its value at one addition (rounded upward)
};

// The best letter of a place for each pair of carries.
PlaceMatrix<MaxPlus> best_letters(const Additive& f, const Cube& cube, int place);
// The same from the rows of the three tokens of the place.
using Row = std::array<double, kLane>;
PlaceMatrix<MaxPlus> best_letters(const Row& fa, const Row& fb, const Row& fs, const Cube& cube, int place);

// The largest value over the cube; -infinity where the cube is empty.
double maximum(const Additive& f, const Cube& cube);

// maxima[d]: the largest value over the cube's additions whose `token` is d; -infinity where none is.
void maxima_by_digit(const Additive& f, const Cube& cube, Token token, std::array<double, 10>& maxima);

// The spread of each token's entries over the digits that the cube allows it: its influence.
double influence(const Additive& f, const Cube& cube, Token token);

}  // namespace carryscope::verify
