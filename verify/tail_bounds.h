// TailBounds: what the tail makes of a box of attention outputs, for the margins of one target digit.
//
// A margin is the true digit's logit minus a rival's. Over a box with centre u0 it lies within
//     m0 + G (u - u0)  +- roundoff,
// m0 its enclosed value at the centre, G its enclosed slopes from there (jet.h), and roundoff, under
// float32 semantics, what any float32 evaluation may add (roundoff.h). The final norm's positive
// scale is left out where the head has no bias, since it changes no argmax.
// Boxes too curved for that are bisected along the axis that blurs them most; this costs a few
// microseconds where splitting digits would cost hundreds of cubes.
#pragma once

#include <memory>

#include "verify/output_range.h"
#include "verify/verdict.h"

namespace carryscope::verify {

inline constexpr int kSweepBudget = 32;

// One rival's margin over a box, linear up to a remainder.
struct RivalMargin {
  int rival = 0;                         // token
  Interval at_centre;                    // m0
  std::array<double, kMaxAxes> slope{};  // g, a point of G
  std::array<double, kMaxAxes> blur{};   // |G - g| <= blur
  double remainder = 0.0;                // |margin - m0 - g (u - u0)| <= remainder
  double roundoff = 0.0;                 // 0 under real semantics
  bool excluded = false;                 // the box alone shows that the margin is positive
};

class TailBounds {
 public:
  // For outputs of `axes` axes; throws InputError where there are more than kMaxAxes.
  // Margins are counted from `above`, >= 0: what this calls wrong is a margin that is not above it.
  static std::unique_ptr<TailBounds> make(const model::Decoder& decoder, Semantics semantics, int axes,
                                          double above = 0.0);
  virtual ~TailBounds() = default;

  // `correct` or `wrong` for every output in the box, else undecided. At most `budget` sub-boxes.
  virtual Verdict sweep(const Question& question, const Box& box, int target_token, int budget) = 0;

  // Every rival's margin over the box.
  virtual const std::vector<RivalMargin>& rivals(const Question& question, const Box& box,
                                                 int target_token) = 0;

  // Encloses the smallest margin against any rival, at every output in the box, over the reals and in
  // logits: with the final norm's scale.
  virtual Interval margins(const Question& question, const Box& box, int target_token) = 0;

  // A lower bound of it, by at most `budget` sub-boxes; no effort is spent beyond `enough`.
  virtual double least_margin(const Question& question, const Box& box, int target_token, int budget,
                              double enough) = 0;
};

}  // namespace carryscope::verify
