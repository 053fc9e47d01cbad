// Lemma: what the tail says about the attention outputs near one pair's, as a clause over the addition.
//
// Let d be the digit to be generated, and B a box of attention outputs (and, of several heads, of softmax
// denominators). A pair whose digit is d can fail at this step only if its output leaves B, or if inside B
// some rival's linear margin bound (rivals.h) is not positive. Each of these ways out is an additive
// functional of the tokens that must not be negative; rounded outward to integers it is a threshold
//     sum over tokens of weight[token][digit] >= bound,
// which is what Z3 reasons about. Tokens that matter little stay folded: their largest entry is part of the
// bound. A way that no pair can take is left out; a lemma without any proves its digit outright.
#pragma once

#include <optional>
#include <vector>

#include "verify/rivals.h"

namespace carryscope::verify {

struct Threshold {
  struct Term {
    Token token;
    std::array<int, 10> weight{};  // by digit; >= 0
  };
  std::vector<Term> terms;  // of the tokens that are not folded
  int bound = 0;            // where it is not positive, every pair reaches it
};

struct Lemma {
  int digit = 0;                   // of the target place
  std::vector<Threshold> escapes;  // a failing pair with this digit reaches one of them
};

class LemmaMaker {
 public:
  // Both must outlive it. Rounding mode upward, here and in exclude().
  LemmaMaker(const Question& question, const model::Decoder& decoder);

  // Lemmas from now on are about the pairs of this cube, part of the question's domain; all tokens are
  // folded.
  void enter(const Cube& cube);

  // A lemma that the pair, of the cube and known not to fail, does not escape. Unfolds tokens where it must.
  // Nothing where rounding hides every such lemma.
  std::optional<Lemma> exclude(model::Pair pair);

  // Pairs of the cube around this one that do not escape the lemma either: weaker, but no sums.
  Cube excluded(const Lemma& lemma, model::Pair pair) const;

 private:
  static constexpr int kHalvings = 30;

  // About where a pair lies: no bound, only a place to put a box.
  struct Point {
    std::array<std::array<double, kMaxAxes>, kMaxHeads> output{};
    std::array<double, kMaxHeads> denominator{};
  };

  // How far the box goes to either side.
  struct Extent {
    std::array<std::array<double, kMaxAxes>, kMaxHeads> half{};
    std::array<double, kMaxHeads> spread{};  // of the denominators, relative
  };

  Point locate(model::Pair pair) const;
  bool bars(model::Pair pair, const Point& centre, const Extent& extent, double& lead);
  void widen(model::Pair pair, const Point& centre, Extent& extent, double lead);
  void draw_box(const Point& centre, const Extent& extent);
  void bound_denominator(int head, double centre, double spread);
  void bound_rivals(int digit);
  Additive& way_out();
  std::optional<Lemma> lemma(model::Pair pair);
  std::optional<Threshold> threshold(const Additive& f) const;
  bool unfold(const Additive& f, model::Pair pair);
  double largest(const Additive& f, int token) const;

  const Question& question_;
  const model::Decoder& decoder_;
  Cube cube_;
  std::unique_ptr<TailBounds> tail_;
  std::array<std::array<double, kMaxAxes>, kMaxHeads> reach_{};  // half the range of each head's coordinates
  std::vector<bool> unfolded_;                                   // [token_index]

  // Of the box under consideration.
  Output output_;
  Denominators denominators_;
  std::vector<Additive> ways_out_;
};

}  // namespace carryscope::verify
