// Rival functionals: one rival's margin over a cube as a single additive functional over all heads.
//
// With the margin linear up to a remainder (tail_bounds.h), margin = m0 + g (u - u0) +- remainder.
// One head: multiplied by D > 0, (margin + offset) D = sum_j E (g z + m0 - g u0 + offset) is additive,
// and its sign is the margin's: no bound on D is needed.
// Several heads: g (u - u0) = sum_h Z_h / D_h with Z_h = sum_j E_h g (z - c_h). For any i_h near 1 / D_h,
// Z/D = Z i + (Z/D)(1 - D i), so replacing 1/D_h by i_h costs at most |Z/D| max |1 - D i|.
// The carry automaton then gives the exact range over all additions of the cube.
#pragma once

#include "verify/tail_bounds.h"

namespace carryscope::verify {

// What replacing the heads' denominators by constants costs over a cube.
struct Denominators {
  std::array<double, kMaxHeads> inverse{};   // i_h > 0
  std::array<double, kMaxHeads> relative{};  // >= |1 - D_h i_h| over the cube; 0 for a single head
};
Denominators denominators(const Question& question, const Cube& cube);

// f becomes an upper bound of sum_k direction_k u_k - x over the cube (times D > 0 where there is one head).
using Direction = std::array<double, kMaxAxes>;
void direction_upper(const Question& question, const Output& output, const Denominators& denominators,
                     const Direction& direction, double x, Additive& f);

// Several heads: tightens output.total by the joint range of all heads along each axis, where one box a
// head forgets that they read the same digits. Does nothing for a single head.
void tighten_jointly(const Question& question, const Cube& cube, const Denominators& denominators,
                     Output& output);

// f becomes an upper bound of sign * margin + offset (times D > 0 where there is one head).
void margin_upper(const Question& question, const Output& output, const Denominators& denominators,
                  const RivalMargin& rival, double sign, double offset, Additive& f);

// How much each token can move the margin over the cube, in the same unit; [token_index].
void token_influence(const Question& question, const Output& output, const Denominators& denominators,
                     const RivalMargin& rival, const Cube& cube, std::vector<double>& influence);

}  // namespace carryscope::verify
