// OutputRange: the range of each attention coordinate u_k over a cube.
//
// u_k is a ratio of additive functionals per head, N/D = sum E z_k / sum E. Its largest value is the
// root of F(x) = max over the cube of (N - x D), which is convex, decreasing and, for fixed x, one
// fold along the carries (Dinkelbach 1967). F is tabulated on a grid of x, place by place, once per
// question, at all points of the grid at once; over a cube only the places where it differs from the
// question's domain are folded anew. A chord of a convex function lies above it, so the chord's root bounds
// the maximum.
#pragma once

#include "verify/question.h"

namespace carryscope::verify {

inline constexpr int kMaxAxes = 16, kMaxHeads = 16;

// u_k lies within centre[k] +- half[k]; per head the same of its share.
struct Box {
  std::array<double, kMaxAxes> centre{}, half{};
};
// Two boxes that cover the box, cut across the axis; they overlap by more than the rounding of their centres.
std::pair<Box, Box> halve(const Box& box, std::size_t axis);

struct Output {
  Box total;
  std::array<Box, kMaxHeads> head;
};

class OutputRange {
 public:
  explicit OutputRange(const Question& question);

  // The range over a non-empty cube inside the question's domain.
  void over(const Cube& cube, Output& output) const;

 private:
  static constexpr std::size_t kGrid = 8;
  // One number for each point of the grid.
  struct Values {
    std::array<Pair, kGrid / 2> pairs;
    double at(std::size_t g) const { return pairs[g / 2][g % 2]; }
  };
  using Letters = std::array<std::array<Values, 10>, 3>;  // entries of a place's a, b and sum
  struct State {
    Values carry[2];
  };
  struct Place {
    Values at[2][2];  // [c_in][c_out]: the best letter
  };
  // Of one head and axis: sign * N - x D at the points of a grid of x.
  struct Functional {
    int head, axis;
    double sign;
    double cap = 0.0;                  // the domain's supremum is at most this
    std::array<double, kGrid> grid{};  // ascending
    std::vector<Letters> letters;      // by place
    std::vector<Place> places;         // of the domain, all carries allowed
    std::vector<State> below, above;   // digits + 1: folds of places < i, >= i
    Values constant;
    std::array<Values, 2> top;  // the sum's last digit

    Functional(int h, int k, double s) : head(h), axis(k), sign(s) {}
  };
  // Where a cube differs from the domain: places first..last are folded anew.
  struct Window {
    int first = 0, last = -1;
    std::array<bool, model::kMaxDigits> letters{};  // the place's digits are restricted
  };

  static Values never();
  static Values larger(const Values& x, const Values& y);
  static Values sum(const Values& x, const Values& y);
  static State through(const Place& place, const State& below);
  static Place best_letters(const Letters& f, const Cube& cube, int place);

  void tabulate(int head, int axis);
  void tabulate(Functional& f, double low, double high) const;
  void add_cell(Functional& f, int cell) const;
  void fold(Functional& f) const;
  Window window(const Cube& cube) const;
  Values value(const Functional& f, const Cube& cube, const Window& window) const;
  double supremum(const Functional& f, const Cube& cube, const Window& window) const;

  const Question& question_;
  Cube domain_;
  std::vector<Functional> functionals_;  // [(head * axes + axis) * 2 + (sign < 0)]
};

}  // namespace carryscope::verify
