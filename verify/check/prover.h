// Prover: is a verdict true of every addition of a cube? Bounds of its own, from a Question's tables.
//
// 1. Functionals of the attention output are sums over tokens:  sum_k d_k u_k < x  iff  sum_j E (d z - x) <
// 0,
//    whose largest value over the cube is one fold along the carries. Several heads are one functional too,
//    at the cost of replacing 1/D_h by a constant i_h: |N_h/D_h| |1 - D_h i_h|.
// 2. With d = +- an axis, Newton's iteration for the x at which that value is zero (Dinkelbach 1967) bounds
//    the coordinates' ranges over the cube: a box.
// 3. Over the box each rival's margin is an affine form. It is positive if the form says so, or if the
//    functional of its slopes does.
// 4. A box that does not tell is halved; a cube that does not tell is asked about alone, then split on a
// token.
#pragma once

#include "verify/check/question.h"

namespace carryscope::verify::check {

class Prover {
 public:
  Prover(const Network& network, const Question& question);

  // Whether every addition of the cube is shown to be correct (wrong: another logit is larger). It may be
  // split on so many tokens, one of few pairs on all.
  bool proves(const Cube& cube, Verdict verdict, int depth = 3);
  // How many additions of the cube are surely correct and surely wrong: where a rival's functional is beyond
  // zero after each letter's terms are rounded to one of some `bins` steps.
  struct Split {
    Count correct = 0, wrong = 0;
  };
  Split split(const Cube& cube, int bins);
  std::uint64_t boxes() const { return boxes_; }  // that were pushed through the tail so far

 private:
  // A head's outputs over a cube: a box of coordinates, and its denominator D.
  struct Head {
    std::vector<double> centre, half;  // by axis
    double least = 1, inverse = 1;     // at most D; about 1/D
    double slip = 0;                   // at least |1 - D inverse|
  };
  // Each head, then (of several) their sum, whose terms are divided already.
  using Region = std::vector<Head>;

  Region region(const Cube& cube);
  void bound_axes(const Cube& cube, Region& region, std::size_t head);
  double largest_reading(const Cube& cube, std::size_t head, const std::vector<double>& direction) const;
  double supremum(const Cube& cube, const Region& region, std::size_t head,
                  const std::vector<double>& direction, double& start) const;
  Terms below(const Region& region, std::size_t head, const std::vector<double>& direction, double x) const;
  template <class Each>
  Terms terms(std::size_t first, std::size_t last, Each&& each) const;
  bool covers(const Cube& cube, const Region& region, int sign, int& budget);
  Values margins(const Head& box) const;
  Terms against(const Region& region, const Value& margin, int sign) const;
  int widest_token(const Cube& cube, const Region& region) const;
  template <class Each>
  void by_target(const Cube& cube, Each&& each);

  const Network& network_;
  const Question& q_;
  std::vector<double> start_;  // the last answer of each supremum of a coordinate
  int target_token_ = 0;
  std::uint64_t boxes_ = 0;
};

}  // namespace carryscope::verify::check
