// The union of the steps' leaves: how many pairs of all belong to which group first.
#pragma once

#include <optional>

#include "verify/check/chain.h"

namespace carryscope::verify::check {

struct Member {
  Cube cube;
  int group = 0;
};

// [g] = pairs in some cube of group g and in none of a smaller group; [groups] = pairs in no cube. Quick
// where members that follow each other are leaves of one tree. Nothing where it would take more than so
// many nodes, 200 bytes each.
std::optional<std::vector<Count>> unite(const std::vector<Member>& members, int groups, int digits,
                                        std::size_t most_nodes);

}  // namespace carryscope::verify::check
