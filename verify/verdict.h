// What the search may say about a cube, a step or a pair. Undecided is never rounded up.
#pragma once

#include "verify/cube.h"

namespace carryscope::verify {

enum class Verdict {
  correct,   // every pair: the true digit's logit is above all others, in every evaluation covered
  wrong,     // every pair: some other logit is above the true digit's, in every evaluation covered
  rounding,  // every pair: decided over the reals, but within the rounding bound of float32
  undecided,
};

enum class Semantics { real, float32 };

// Pairs by verdict: correct + wrong + rounding + undecided = total.
struct Counts {
  Count total = 0, correct = 0, wrong = 0, rounding = 0, undecided = 0;
};

}  // namespace carryscope::verify
