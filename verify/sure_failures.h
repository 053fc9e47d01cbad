// Sure failures: how much of a large cube a bad model gets wrong, without splitting digits.
//
// A bad model answers a question with one of few tokens whatever it reads, so most target digits are wrong
// for every output in the box, though by different rivals in different parts of it: cutting the box of
// outputs shows it. Where attention is spread, the parts that are not wrong are reached by hardly any pair:
// they are covered by half-spaces, and the pairs whose output lies in one are counted by hyperplane splits.
#pragma once

#include "verify/rivals.h"

namespace carryscope::verify {

// Whether every output in the box is wrong: by at most `budget` sub-boxes, of any size.
bool wrong_throughout(TailBounds& tail, const Question& question, const Box& box, int target_token,
                      int budget);

// A lower bound of the wrong pairs in the cube, all of whose outputs are in `output`.
Count count_wrong(TailBounds& tail, const Question& question, const Cube& cube, const Output& output,
                  int target_token);

}  // namespace carryscope::verify
