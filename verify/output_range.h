// OutputRange: the exact range of each attention coordinate u_k over a cube.
//
// u_k is a ratio of additive functionals per head, N/D = sum E z_k / sum E. Its largest value is the
// root of F(x) = max over the cube of (N - x D), which is convex, decreasing and, for fixed x, one
// fold along the carries (Dinkelbach 1967). F is tabulated on a grid of x, place by place, once per
// question; over a cube only the places where it differs from the question's domain are folded
// anew. A chord of a convex function lies above it, so the chord's root bounds the maximum.
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
  static constexpr int kGrid = 16;
  using Matrix = PlaceMatrix<MaxPlus>;
  struct State {
    double carry[2];
  };
  // One head, axis and sign: sign * (N - x D) for every grid point x.
  struct Functional {
    int head = 0, axis = 0;
    double sign = 1.0;
    double cap = 0.0;                                // no coordinate, hence no mean of them, is above it
    std::array<double, kGrid> grid{};                // ascending
    std::vector<Row> rows;                           // kGrid x digits x (a, b, s): the additive's entries
    std::vector<Matrix> places;                      // kGrid x digits, all carries allowed
    std::vector<State> below, above;                 // kGrid x (digits + 1): folds of places < i, >= i
    std::array<std::array<double, 2>, kGrid> top{};  // the sum's last digit
  };
  // Where a cube differs from the domain: places first..last are folded anew.
  struct Window {
    int first = 0, last = -1;
    std::array<bool, model::kMaxDigits> letters{};  // the place's digits are restricted
  };

  Functional tabulate(int head, int axis, double sign) const;
  double coarse_supremum(const Functional& f, double floor) const;
  Additive at_point(const Functional& f, double x) const;
  void tabulate_point(Functional& f, int g) const;
  Window window(const Cube& cube) const;
  Matrix restricted(const Functional& f, int g, const Cube& cube, int place) const;
  double value(const Functional& f, int g, const Cube& cube, const Window& window) const;
  double supremum(const Functional& f, const Cube& cube, const Window& window) const;

  const Question& question_;
  Cube domain_;
  std::vector<Functional> functionals_;  // [(head * axes + axis) * 2 + (sign < 0)]
};

}  // namespace carryscope::verify
