// FailingSet: the union over the steps of their leaves, as disjoint pieces.
//
// Each step's leaves are disjoint, those of two steps may overlap. Cubes are added in order; of each
// only the part that no earlier one claimed is kept, cut into cubes. So pieces are disjoint, a pair
// is charged to the first cube that holds it, and the pieces' volumes add up to the union's.
#pragma once

#include "verify/step_search.h"

namespace carryscope::verify {

struct Piece {
  Cube cube;
  Count pairs = 0;
  Verdict verdict = Verdict::undecided;
  int step = 0;
};

class FailingSet {
 public:
  // `work`: how many comparisons of cubes may be spent in all.
  explicit FailingSet(std::uint64_t work) : work_(work) {}

  // Returns false, and adds nothing more, once the work is spent.
  bool add(const Cube& cube, Verdict verdict, int step);

  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  bool claim(const Cube& cube, std::size_t next, Verdict verdict, int step);

  std::uint64_t work_;
  std::size_t others_ = 0;  // pieces of earlier steps or verdicts; the current step's cannot overlap
  int current_step_ = -1;
  Verdict current_verdict_ = Verdict::correct;
  std::vector<Piece> pieces_;
};

// Whether some place's masks have nothing in common. False does not mean that the cubes meet.
bool masks_disjoint(const Cube& x, const Cube& y);

// Calls visit(cube) for disjoint non-empty cubes that make up x minus y.
template <class Visit>
void subtract(const Cube& x, const Cube& y, Visit&& visit) {
  Cube inside = x;
  const auto cut = [&](auto& mask, auto keep) {
    const auto outside = static_cast<std::remove_reference_t<decltype(mask)>>(mask & ~keep);
    if (outside) {
      const auto whole = mask;
      mask = outside;
      if (count(inside) > 0) visit(inside);
      mask = whole;
    }
    mask = static_cast<std::remove_reference_t<decltype(mask)>>(mask & keep);
  };
  for (std::size_t i = 0; i < static_cast<std::size_t>(x.digits); ++i) {
    cut(inside.a[i], y.a[i]);
    cut(inside.b[i], y.b[i]);
  }
  for (std::size_t i = 0; i <= static_cast<std::size_t>(x.digits); ++i) {
    cut(inside.s[i], y.s[i]);
    cut(inside.c[i], y.c[i]);
  }
}

}  // namespace carryscope::verify
