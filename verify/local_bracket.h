// LocalBracket: a proven bracket of the total for models with too many failing cubes to unite.
//
// In layouts that generate the sum from the ones up, a step's first split fixes (s_{t-1}, c_t, a_t, b_t):
// a local cell. A cell is clean, wholly wrong or mixed. Pairs that meet no wholly wrong cell form a
// regular language, counted exactly by an automaton with state (c_t, s_{t-1}); of those, the pairs in
// the doubtful leaves of mixed cells are counted leaf by leaf. Their union over the steps lies
// between the largest step and the sum.
#pragma once

#include "verify/certify.h"

namespace carryscope::verify {

// leaves[step]: the step's leaves that are not correct. Nothing is called rounding here: what is not
// proven correct or wrong is undecided. correct + wrong + undecided = 10^(2n).
Counts local_bracket(const model::Decoder& decoder, const std::vector<std::vector<Leaf>>& leaves);

}  // namespace carryscope::verify
