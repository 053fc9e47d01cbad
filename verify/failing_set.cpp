#include "verify/failing_set.h"

namespace carryscope::verify {

bool masks_disjoint(const Cube& x, const Cube& y) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(x.digits); ++i)
    if (!(x.a[i] & y.a[i]) || !(x.b[i] & y.b[i])) return true;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(x.digits); ++i)
    if (!(x.s[i] & y.s[i]) || !(x.c[i] & y.c[i])) return true;
  return false;
}

bool FailingSet::add(const Cube& cube, Verdict verdict, int step) {
  if (step != current_step_ || verdict != current_verdict_) {
    others_ = pieces_.size();
    current_step_ = step;
    current_verdict_ = verdict;
  }
  return claim(cube, 0, verdict, step);
}

// Claims what no piece from `next` on holds.
bool FailingSet::claim(const Cube& cube, std::size_t next, Verdict verdict, int step) {
  for (; next < others_; ++next) {
    if (work_ == 0) return false;
    --work_;
    const Piece& earlier = pieces_[next];
    if (masks_disjoint(cube, earlier.cube) || count(intersect(cube, earlier.cube)) == 0) continue;
    const Cube taken = earlier.cube;
    bool complete = true;
    subtract(cube, taken,
             [&](const Cube& part) { complete = complete && claim(part, next + 1, verdict, step); });
    return complete;
  }
  pieces_.push_back({cube, count(cube), verdict, step});
  return true;
}

}  // namespace carryscope::verify
