// Replay: the plain forward pass in intervals, which says of one pair whether a step fails.
//
// No tables, no bounds over many pairs: the same loops as in model/forward.h, over another number type.
#pragma once

#include "model/forward.h"
#include "verify/elementary.h"
#include "verify/verdict.h"

namespace carryscope::verify {

// Given the true prefix. Undecided: the intervals cannot tell the margin from zero.
struct Replayed {
  Verdict verdict = Verdict::correct;
  int rival = 0;                          // a token against which the margin is least, as far as is known
  Interval margin{kInfinity, kInfinity};  // encloses the true digit's logit minus the rival's
};

class Replay {
 public:
  // The decoder must outlive it. Rounding mode upward, here and in each call.
  explicit Replay(const model::Decoder& decoder) : decoder_(decoder), forward_(decoder) {}

  Replayed operator()(model::Pair pair, int step);

 private:
  const model::Decoder& decoder_;
  model::Forward<Interval> forward_;
};

}  // namespace carryscope::verify
