// The rounding mode that all interval arithmetic relies on: upward, for the whole of a computation.
//
// An Interval holds (-low, high), so rounding every operation upward rounds both bounds outward and
// the mode is changed once per thread, not once per operation. Whoever starts a thread or enters
// verify/ from outside makes a RoundUpward; whoever relies on it at a coarse entry calls
// ensure_upward(). Files that compute with intervals are compiled with -frounding-math.
//
// Compilers may move an operation across a change of mode inside one function. So: keep the
// arithmetic in another function than the RoundUpward, one that is not inlined into it.
#pragma once

namespace carryscope::verify {

// Rounds upward while it lives, then restores the mode it found. One per thread.
class RoundUpward {
 public:
  RoundUpward();
  ~RoundUpward();
  RoundUpward(const RoundUpward&) = delete;
  RoundUpward& operator=(const RoundUpward&) = delete;

 private:
  int before_;
};

// Throws model::BrokenInvariant unless doubles are rounded upward and tiny results are kept
// (hardware that flushes them to zero would round a bound inward).
void ensure_upward();

}  // namespace carryscope::verify
