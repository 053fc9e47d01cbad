// A condition of the query language (query/expression.h) spelled out for a solver: its automaton over the
// places as a list of moves.
//
// A path of moves from `start` through all places, one a place, exists exactly for the pairs that meet the
// condition; after the last, every state that is left has all it wants. What asks for the model's answer is
// no condition on the pair and is refused by name.
#pragma once

#include <vector>

#include "verify/cube.h"
#include "verify/query/expression.h"

namespace carryscope::verify {

// In state `from`, before place i: the letters with this a_i, this carry into i and b_i among `b` lead to
// `to`.
struct Move {
  int from = 0, a = 0, carry = 0;
  Digits b = 0;
  int to = 0;
};

struct Moves {
  static constexpr int kDone = -1, kNever = -2;  // states: met whatever follows; not met
  int start = 0;
  std::vector<std::vector<Move>> at;  // by place 0..n; at place n a = b = 0 and the carry is s_n
};

// Throws InputError where the condition is about the answer, or needs too many states. The expression must
// have been parsed with the layout.
Moves spell_out(const query::Expression& where, const model::Layout& layout);

// Whether the pair meets it.
bool meets(const query::Expression& where, const model::Layout& layout, model::Pair pair);

}  // namespace carryscope::verify
