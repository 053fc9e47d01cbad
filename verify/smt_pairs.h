// PairSolver: Z3 over all pairs of operands, with what is known of those that fail.
//
// Every token of the addition is ten Booleans, of which exactly one holds; the letters tie them to the
// carries. Thresholds are pseudo-Boolean sums with integer weights. A scope narrows the pairs to a cube; what
// is learned or left out inside it is forgotten when it is closed, since sums that no longer matter slow Z3
// down.
#pragma once

#include <memory>
#include <optional>

#include "verify/cube.h"
#include "verify/deadline.h"
#include "verify/smt_condition.h"
#include "verify/smt_lemma.h"

namespace carryscope::verify {

class PairSolver {
 public:
  explicit PairSolver(int digits);
  ~PairSolver();

  // Only pairs that meet the condition. Before any scope is opened.
  void require(const Moves& moves);

  // Until the scope is closed, only pairs of the cube.
  void open(const Cube& cube);
  void close();

  // A pair whose digit at the target place is the lemma's reaches one of its thresholds.
  void learn(const Lemma& lemma, int target_place);
  // No pair of the cube. Only its digits count, not its carries.
  void leave_out(const Cube& cube);

  // Looks for a pair that is left; false where the time is up before it is known whether there is one.
  bool find(const Deadline& deadline);
  // What find() found; nothing where no pair is left.
  const std::optional<model::Pair>& found() const { return found_; }

 private:
  class Z3;
  std::unique_ptr<Z3> z3_;
  std::optional<model::Pair> found_;
};

}  // namespace carryscope::verify
