// CountEach: of each of many cubes, how many additions a diagram gives to nobody.
//
// A diagram is read from the ones up, place by place. Cubes that say the same of the lowest places share the
// walk so far, which for the leaves of one split tree is nearly all of it: they differ near their step's
// place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "verify/failure_diagram.h"

namespace carryscope::verify {

// In the order of the cubes; nothing for those that were not reached in time, or by so many steps from node
// to node, which are taken off `steps`.
std::vector<std::optional<Count>> count_each(const FailureDiagram& diagram, FailureDiagram::Ref root,
                                             std::span<const Cube* const> cubes, const Deadline& deadline,
                                             std::uint64_t& steps);

}  // namespace carryscope::verify
