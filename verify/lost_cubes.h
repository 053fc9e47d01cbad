// Lost cubes: what a bad model surely gets wrong, found step after step.
//
// A pair that one step gets wrong needs no other. So each step is asked only about the sums that the steps
// before it leave: the digits at which it gets most pairs wrong are lost, with a count of their wrong pairs;
// the others go on to the next step. Where every step fails at most digits, hardly anything is left after a
// few, and the pairs that a count misses are those of small cubes.
#pragma once

#include "verify/search_all.h"

namespace carryscope::verify {

// After a look at each root. By step; disjoint, over all steps. Each holds so many wrong pairs, not known
// which. None where a step gets all pairs wrong. `watch` is called now and then, and ends it.
std::vector<std::vector<Leaf>> lost_cubes(SearchAll& searches, const Deadline& deadline,
                                          const SearchAll::Watch& watch);

}  // namespace carryscope::verify
