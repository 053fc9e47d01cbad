// An oriented start: from the first step on, each answer position looks at the operands' digits of its place.
//
// Over weights of initialise(), with three directions e_k of the residual, orthonormal and drawn by the seed:
//   digits      on an arc of radius 0.5 in a plane of its own, 0.5 radians apart, normal noise of 0.05
//   positions   sum_k x_k e_k with x = (cos 0.6 t, sin 0.6 t, (t - 5) / 10) plus noise: t is the place that
//   an
//               operand's position holds, or that the answer's next digit stands at; 0 for the others
//   query, key  both 2 sum_k e_k w_k, the w_k orthonormal: what lies alike is looked at
// as far as the ranks hold three directions; what they hold beyond keeps its values. A key that is tied to
// the value takes it along. Why: training otherwise fails by whole places, whose positions never part.
#pragma once

#include <cstdint>

#include "model/parametrisation.h"

namespace carryscope::train {

// The same for a configuration and seed on every call. Values are float32.
void orient(model::Factored& model, std::uint64_t seed);

}  // namespace carryscope::train
