// AnswerSearch: which digit one query state writes, proven cube by cube.
//
// Branch and bound as in StepSearch (verify/step_search.h), over the reals, but nobody says which token is
// the right one: the token that wins at a box's centre is shown to be above all others, or the cube is split
// on whatever moves its rivals most. A token that is never read is then never split on, and a pair is wrong
// as soon as its digit is none of those in question: the quicker one where a model is badly broken.
#pragma once

#include <queue>

#include "model/tail.h"
#include "verify/rivals.h"
#include "verify/step_search.h"

namespace carryscope::analysis {

class AnswerSearch {
 public:
  // Both must outlive this. Rounding is upward while it is made and used.
  AnswerSearch(const verify::Question& question, const model::Decoder& decoder);

  // Examines up to `nodes` cubes, the one with the most undecided pairs first; whether nothing is open. The
  // tail is of the same decoder.
  bool run(verify::TailBounds& tail, std::uint64_t nodes);
  double promise() const { return open_.empty() ? 0.0 : static_cast<double>(open_.top().undecided); }

  verify::Count wrong() const { return wrong_; }  // pairs, surely
  verify::Count undecided() const { return undecided_; }
  // Disjoint cubes, wrong or undecided; all other pairs of the domain are right.
  std::vector<verify::Leaf> leaves() const;

 private:
  struct Node {
    verify::Cube cube;
    verify::Digits digits = 0;    // the answer is one of these, or no digit at all
    verify::Count undecided = 0;  // pairs whose digit is one of these
    bool operator<(const Node& other) const { return undecided < other.undecided; }
  };
  // A rival that the bounds leave open; shortfall < 0 where it is certainly beaten.
  struct Contender {
    verify::RivalMargin margin;
    verify::Additive shortfall;
  };

  void push(const verify::Cube& cube, verify::Digits digits);
  void settle(const verify::Cube& cube, int token);
  void add_wrong(const verify::Cube& cube, verify::Digits digits);
  verify::Digits digits_of(int token) const;
  int likely(const verify::Box& box);
  bool beats_all(verify::TailBounds& tail, const verify::Cube& cube, int token);
  void split(const Node& node, int token);
  verify::Token most_influential(const verify::Cube& cube);
  verify::Digits beaten(const verify::Cube& cube, verify::Token on) const;

  const verify::Question& question_;
  const model::Decoder& decoder_;
  verify::OutputRange range_;
  model::Tail<double> plain_;
  std::priority_queue<Node> open_;
  std::vector<Node> stuck_;            // beyond telling
  std::vector<verify::Leaf> certain_;  // wrong
  verify::Count wrong_ = 0, undecided_ = 0;

  // Scratch of the cube under examination.
  verify::Output output_;
  verify::Denominators denominators_;
  std::vector<Contender> contenders_;
  std::size_t contender_count_ = 0;
  std::vector<double> residual_, logits_, influence_, most_;
};

}  // namespace carryscope::analysis
