// Hyperplane split: how many additions of a cube lie on one side of an additive functional.
//
// A cube that a decision boundary cuts need not be cut to pieces: each token's contribution is rounded
// up to whole bins, and counts per bin and carry are convolved along the carry automaton, in doubles that
// are rounded to fewer pairs. A sum of bins below zero proves a negative functional; what rounding hides is
// only missed, never claimed.
#pragma once

#include "verify/additive.h"

namespace carryscope::verify {

// A lower bound of #{additions in the cube with f < 0}; f bounds its functional from above. The more
// bins the functional's range is cut into, the less is missed: about range / bins per place.
Count count_negative(const Additive& f, const Cube& cube, int bins);

}  // namespace carryscope::verify
