// Matches: the additions of a group of leaves that meet a condition, as one automaton over places.
//
// The product of a failure diagram, the carry and a condition's automaton, as a layered graph from the ones
// up. Its paths are the pairs, so they are counted, listed by index and drawn uniformly without search.
// Where the condition asks for what the model says and that is not known, every answer is tried whose first
// wrong digit is at the given step: then a pair may have several paths, and only an empty product and the
// pairs it leaves out prove anything.
#pragma once

#include <unordered_map>
#include "verify/failure_diagram.h"

#include "verify/query/condition.h"

namespace carryscope::verify::query {

class Matches {
 public:
  // Pairs whose group is one of `groups`. first: the step of the first wrong digit, -1 where none is.
  Matches(const FailureDiagram& diagram, FailureDiagram::Ref root, std::vector<bool> groups,
          Condition& condition, const model::Layout& layout, int first);

  Count count() const { return paths_.front().front(); }
  model::Pair at(Count index) const;  // index < count()
  model::Pair smallest() const;       // of the smallest sum, then the smallest a; there is one

 private:
  struct Step {
    std::uint8_t a = 0, b = 0;
    std::uint32_t to = 0;
  };
  struct State {
    FailureDiagram::Ref node = 0;
    int carry = 0, condition = 0;
  };
  void read_place(int place, State from, std::vector<Step>& steps);
  const std::vector<int>& after(int state, int place, Letter letter);
  bool accepted(State end);
  std::uint32_t number(State state);
  void count_paths(const std::vector<bool>& ends);

  const FailureDiagram& diagram_;
  std::vector<bool> groups_;
  Condition& condition_;
  const model::Layout& layout_;
  int digits_, first_;
  std::vector<int> step_of_place_;
  std::vector<int> scratch_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;  // of the layer being reached
  std::vector<State> reached_;
  std::vector<std::vector<std::vector<Step>>> steps_;  // [place][state]
  std::vector<std::vector<Count>> paths_;              // [place][state]: to accepted ends
};

}  // namespace carryscope::verify::query
