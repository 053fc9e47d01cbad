// FailureAutomaton: the union of the steps' leaves, counted without cutting cubes to pieces.
//
// Leaves of different steps overlap, and their union as disjoint cubes explodes: steps look at
// different places. But read from the ones up, a leaf is a short run of conditions. The automaton's
// state is the carry, the leaves whose conditions have begun and still hold, and the best group among
// those already fulfilled; states that agree are one. The result is a layered graph whose paths are
// the additions of a cube, each ending in the group of the first leaf (in order of priority) that
// holds it. Every count is a fold over that graph.
#pragma once

#include <optional>

#include "verify/step_search.h"

namespace carryscope::verify {

struct GroupedLeaf {
  Cube cube;
  int group = 0;  // priority: a pair belongs to the smallest group of the leaves that hold it
};

class FailureAutomaton {
 public:
  // Over the additions in `within`. Nothing where it would take more than `work` comparisons of a leaf's
  // condition with a letter.
  // Groups are 0 .. groups - 1; `groups` itself stands for pairs that no leaf holds.
  static std::optional<FailureAutomaton> build(const std::vector<GroupedLeaf>& leaves, int groups,
                                               const Cube& within, std::uint64_t work);

  // Pairs by group, groups + 1 entries.
  std::vector<Count> count() const;
  // [k][group]: pairs of cascade class S_k.
  std::vector<std::vector<Count>> count_by_cascade() const;
  // [bits][group]: pairs by pattern of carries; bit i - 1 = the carry into place i.
  std::vector<std::vector<Count>> count_by_carries() const;

 private:
  enum Effect : std::uint8_t { kKill, kPass, kGenerate };  // what a letter does to a carry
  struct Edge {
    int to = 0;
    Effect effect = kKill;
    Count letters = 0;
  };
  struct State {
    int carry = 0;
    int best = 0;  // smallest group fulfilled so far; final once all places are read
    std::vector<Edge> edges;
  };
  struct Builder;

  void walk(int place, const std::vector<Count>& here, std::size_t bits,
            std::vector<std::vector<Count>>& counts) const;

  int digits_ = 0, groups_ = 0;
  std::vector<std::vector<State>> layers_;  // [place]; the last one is final
};

}  // namespace carryscope::verify
