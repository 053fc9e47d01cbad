// FailureUnion: the steps' failing sets taken together.
//
// The sets of two steps overlap, so pairs are counted in their union, each charged to one group: surely
// wrong at a step, the first such step first; then undecided at some step; then rounding-dependent.
//
// What needs more nodes or time than there is is left out and counts as undecided: of leaves that restrict
// places far from each other, which make a diagram large, the smallest first. Beforehand each of them is
// counted where the diagram so far says nothing: this bounds what it may add, and what the leaves of one step
// add together raises the number of wrong pairs even where they are left out.
//
// Cubes that are wrong but for few pairs, not known which, may raise it too: it is at least that of the union
// with them, less those few.
#pragma once

#include <span>

#include "verify/failure_diagram.h"
#include "verify/step_search.h"

namespace carryscope::verify {

class FailureUnion {
 public:
  using ByStep = std::vector<std::vector<Leaf>>;
  // What is known to be wrong, but not where.
  struct Counted {
    Count at_one_step = 0;  // pairs that one step alone gets wrong, at most over the steps
    // Cubes, disjoint in a step, which gets so many pairs of each wrong, those of leaves too. More than one
    // list: what says most stands.
    std::vector<ByStep> cubes;
  };
  static constexpr std::size_t kMostNodes = 3'000'000;  // about 200 MB
  // leaves[step]: those that are not `correct`, open cubes included. The deadline must outlive this. Not
  // in_parts: leaves that make a diagram large are in it all or none, so that whoever has more time and
  // memory finds as much (a certificate's checker).
  FailureUnion(const ByStep& leaves, int digits, const Deadline& deadline, const Counted& counted,
               bool in_parts = true, std::size_t most_nodes = kMostNodes);
  FailureUnion(const ByStep& leaves, int digits, const Deadline& deadline)
      : FailureUnion(leaves, digits, deadline, Counted{}) {}

  const Counts& pairs() const { return pairs_; }
  // Groups: wrong at step 0 .., then undecided, then rounding-dependent. What could not be placed is in none.
  const FailureDiagram& diagram() const { return diagram_; }
  FailureDiagram::Ref root() const { return root_; }
  // Wrong pairs that no earlier step gets wrong: of a step, and of pairs that the step gets wrong.
  Count first_failures(int step) const { return by_group_[static_cast<std::size_t>(step)]; }
  Count first_failures(int step, const Cube& region) const;

  // Of pairs that fall into the diagram's groups like this: what is in none counts as undecided.
  Counts counts(const std::vector<Count>& by_group) const;

  // [k]: cascade class S_k; [bits]: bit i - 1 = the carry into place i. Where the union has more than
  // `most_states` states, a class is known as far as the total tells.
  void count_classes(std::size_t most_states, std::vector<Counts>& by_cascade,
                     std::vector<Counts>& by_carries) const;

 private:
  struct Claim {
    const Leaf* leaf = nullptr;
    int group = 0;
    Count at_most = 0;  // pairs that nothing before it claims
  };
  void add(std::span<Claim> claims);
  void bound(std::span<Claim> claims);
  void add_by_group(std::span<const Claim> claims);
  void add_all_or_none(std::span<const Claim> claims);
  void leave_out(const Claim& claim);
  FailureDiagram::Ref with(FailureDiagram::Ref root, std::span<const Claim> claims, int group);
  Count wrong_with(const ByStep& counted);
  int group(Verdict verdict, int step) const;
  int digits_, steps_;
  const Deadline& deadline_;
  bool in_parts_;
  FailureDiagram diagram_;
  FailureDiagram::Ref root_;
  std::size_t kept_ = 0;  // nodes when it last forgot the others
  std::vector<Count> by_group_;
  Counts pairs_;
  Count wrong_ = 0;  // at least, whatever the diagram holds
  // Pairs of leaves that are not in the diagram, at most: of those that go before rounding, and of those that
  // are rounding-dependent.
  Count left_out_ = 0, left_out_rounding_ = 0;
};

}  // namespace carryscope::verify
