// The union of the steps' leaves: how many pairs of all belong to which group first.
#pragma once

#include <optional>

#include "verify/check/chain.h"

namespace carryscope::verify::check {

struct Member {
  Cube cube;
  int group = 0;
};

// [g] = pairs in some cube of group g and in none of a smaller group; [groups] = pairs in no cube.
// Nothing where it would take more than `work` word operations.
std::optional<std::vector<Count>> unite(std::vector<Member> members, int groups, int digits,
                                        std::uint64_t work);

}  // namespace carryscope::verify::check
