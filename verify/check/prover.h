// Prover: is a verdict true of every addition of a cube? Bounds of its own, from a Question's integers.
//
// 1. The range of each coordinate u_k over the cube: u_k <= x iff max sum_j E (z_k - x) <= 0, one fold along
//    the carries in exact integers. x is guessed in doubles (Dinkelbach 1967) and then verified.
// 2. Over a box of coordinates a rival's margin is  m0 + g (u - u0) +- R  (mean value form in balls). It is
//    positive if the box says so, or if the fold over  sum_j E (g (z - u0) + m0 - R)  does; several heads are
//    one functional too, at the cost of replacing 1/D_h by a constant i_h: |Z/D| max |1 - D i|.
// 3. A box that does not tell is halved; a cube that does not tell is asked about alone, then split on a
// token. Steps 1 and 2 prove; what is guessed only decides whether they succeed.
#pragma once

#include <optional>

#include "verify/check/question.h"

namespace carryscope::verify::check {

class Prover {
 public:
  Prover(const Network& network, const Question& question);

  // Whether every addition of the cube is shown to be correct (wrong: another logit is larger). It may be
  // split on so many tokens, one of few pairs on all.
  bool proves(const Cube& cube, Verdict verdict, int depth = 3);
  // How many additions of the cube, whose target digit is fixed, are surely correct and surely wrong: where
  // a rival's functional is beyond zero after each token's term is rounded to one of some `bins` steps.
  struct Split {
    Count correct = 0, wrong = 0;
  };
  Split split(const Cube& cube, int bins);
  std::uint64_t boxes() const { return boxes_; }  // that were pushed through the tail so far

 private:
  // In units of the question's coordinates: centre +- half, by axis.
  struct Box {
    std::vector<std::int64_t> centre, half;
  };
  struct Guess {  // N - x D at the best addition, and its D
    double value = 0, denominator = 0;
    friend Guess operator+(Guess x, Guess y) { return {x.value + y.value, x.denominator + y.denominator}; }
    friend bool operator<(Guess x, Guess y) { return x.value < y.value; }
  };
  struct Margin {
    int rival = 0;
    Ball at;
    std::vector<Ball> slope;  // by axis
    Bound extra;              // remainder and float32 rounding
  };
  struct Region {
    std::vector<Box> head;
    Box total;
    std::vector<std::int64_t> inverse;  // heads: i_h, in units of 2^-30
    std::vector<Bound> relative;        // heads: >= |1 - D_h i_h|
  };

  bool covers(const Cube& cube, const Region& region, const Box& box, std::vector<int> rivals, int& budget);
  Region region(const Cube& cube);
  void tighten(const Cube& cube, Region& region) const;
  Int supremum(const Cube& cube, int head, int axis, int sign);
  double guess(const Cube& cube, int head, int axis, int sign, double start) const;
  std::vector<Margin> margins(const Box& box, const std::vector<int>& rivals) const;
  bool by_box(const Margin& m, const Box& box, int sign) const;
  std::optional<Terms<Int>> functional(const Region& region, const Box& box, const Margin& m, int sign) const;
  Terms<Int> joint(const Region& region, const std::vector<std::int64_t>& direction) const;
  std::vector<int> rivals() const;
  template <class Each>
  void by_target(const Cube& cube, Each&& each);
  int widest_token(const Cube& cube, const Region& region) const;

  const Network& network_;
  const Question& q_;
  std::vector<double> start_;  // the last guess of each supremum
  Verdict verdict_ = Verdict::correct;
  int target_token_ = 0;
  std::uint64_t boxes_ = 0;
};

}  // namespace carryscope::verify::check
