// FailureAutomaton: pairs by class and by the group of leaves that claims them.
//
// A failure diagram whose states also know the carry, spelled out as a layered graph: its paths are the
// additions of a cube, each ending in the group that claims it, and what a letter does to a carry is on
// the edge. Every count by cascade or by carries is a fold over that graph.
#pragma once

#include <optional>

#include "verify/failure_diagram.h"

namespace carryscope::verify {

class FailureAutomaton {
 public:
  // Over the additions in `within`. Nothing where it would have more than `most_states` states.
  static std::optional<FailureAutomaton> build(const FailureDiagram& diagram, FailureDiagram::Ref root,
                                               const Cube& within, std::size_t most_states);

  // [k][group]: pairs of cascade class S_k.
  std::vector<std::vector<Count>> count_by_cascade() const;
  // [bits][group]: pairs by pattern of carries; bit i - 1 = the carry into place i.
  std::vector<std::vector<Count>> count_by_carries() const;

 private:
  enum Effect : std::uint8_t { kKill, kPass, kGenerate };  // what a letter does to a carry
  struct Edge {
    int to = 0;
    Effect effect = kKill;
    std::uint8_t letters = 0;  // how many of the place's 100
  };
  struct State {
    int carry = 0;
    int group = 0;  // valid in the last layer
    std::vector<Edge> edges;
  };

  static void add_letter(std::vector<Edge>& edges, int to, Effect effect);
  void walk(int place, const std::vector<Count>& here, std::size_t bits,
            std::vector<std::vector<Count>>& counts) const;

  int digits_ = 0, groups_ = 0;
  std::vector<std::vector<State>> layers_;  // [place]; in the last one all letters are read
};

}  // namespace carryscope::verify
