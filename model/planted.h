// A hand-built adder of one layer in the seeds' layout, with errors planted where one wants them.
//
// Head 0 reads a_t and b_t, head 1 reads a_{t-1} and b_{t-1}, evenly; the query's own token is
// s_{t-1}. That is all an addition needs: q = a_t + b_t, and the carry into place t is
// c = [a_{t-1} + b_{t-1} - s_{t-1} >= 5]. ReLUs make u = (q + c) mod 10, and the logit 2ud - d^2 is
// largest at d = u, by 1. A needle adds a head that averages [its digit] over its tokens and a neuron
// that fires when all of them match: then <PAD> wins. Every number is a small dyadic fraction, so
// no float32 evaluation is near a boundary. A model to test against and to show, not to learn from.
#pragma once

#include <vector>

#include "model/decoder.h"

namespace carryscope::model {

// Makes answer digit `step` wrong for exactly the pairs that hold `digit` at each of `tokens`.
struct Needle {
  int step = 0;              // 0..digits
  int digit = 7;             // 0..9
  std::vector<Slot> tokens;  // of roles a and b, each once, at least one

  bool hits(Pair pair) const;
};

// A needle that 10^free_digits pairs hit, 0 <= free_digits < 2 digits: b's and then a's lowest places are
// fixed.
Needle make_needle(int digits, int free_digits, int step, int digit = 7);

// Right on every pair that no needle hits. 1 <= digits <= kMaxDigits, at most ten needles.
Decoder planted_adder(int digits, const std::vector<Needle>& needles = {});

}  // namespace carryscope::model
