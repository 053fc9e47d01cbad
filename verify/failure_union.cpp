#include "verify/failure_union.h"

#include <algorithm>
#include <cstdint>

#include "verify/failure_automaton.h"

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

constexpr std::size_t kMostNodes = 3'000'000;  // about 200 MB
constexpr int kMostDigitsByCarries = 12;

void move_to_undecided(Counts& counts, Count pairs) {
  pairs = std::min(pairs, counts.correct);
  counts.correct -= pairs;
  counts.undecided += pairs;
}

// What the total alone says of a class of so many pairs.
Counts implied(const Counts& total, Count pairs) {
  const auto at_least = [&](Count of_all) {
    const Count others = total.total - of_all;
    return pairs > others ? pairs - others : 0;
  };
  Counts part{pairs, at_least(total.correct), at_least(total.wrong), at_least(total.rounding), 0};
  part.undecided = pairs - part.correct - part.wrong - part.rounding;
  return part;
}

}  // namespace

FailureUnion::FailureUnion(const std::vector<std::vector<Leaf>>& leaves, Count worst, int digits,
                           const Deadline& deadline)
    : digits_(digits),
      steps_(static_cast<int>(leaves.size())),
      deadline_(deadline),
      diagram_(digits, steps_ + 2, kMostNodes, deadline),
      root_(diagram_.nothing()) {
  for (const Verdict verdict : {Verdict::wrong, Verdict::undecided, Verdict::rounding})
    for (int step = 0; step < steps_; ++step) add(leaves[index(step)], step, verdict);
  by_group_ = diagram_.count(root_, Cube::everything(digits));
  pairs_ = counts(by_group_);
  if (worst > pairs_.wrong) {
    const Count more = std::min(worst - pairs_.wrong, pairs_.undecided);
    pairs_.wrong += more;
    pairs_.undecided -= more;
  }
}

// In the order in which groups claim pairs.
int FailureUnion::group(Verdict verdict, int step) const {
  return verdict == Verdict::wrong ? step : verdict == Verdict::undecided ? steps_ : steps_ + 1;
}

void FailureUnion::add(const std::vector<Leaf>& leaves, int step, Verdict verdict) {
  std::vector<Cube> cubes;
  Count mass = 0;
  for (const Leaf& leaf : leaves) {
    if (leaf.verdict != verdict) continue;
    if (leaf.correct > 0) {
      left_out_ += leaf.pairs - leaf.correct;
    } else {
      cubes.push_back(leaf.cube);
      mass += leaf.pairs;
    }
  }
  if (cubes.empty()) return;
  try {
    root_ = diagram_.smaller(root_, diagram_.of(cubes, group(verdict, step)));
  } catch (const DiagramTooLarge&) {
    left_out_ += mass;
  }
  root_ = diagram_.keep_only(root_);
}

Counts FailureUnion::counts(const std::vector<Count>& by_group) const {
  Counts c;
  for (int g = 0; g < steps_; ++g) c.wrong += by_group[index(g)];
  c.undecided = by_group[index(steps_)];
  c.rounding = by_group[index(steps_) + 1];
  c.correct = by_group[index(steps_) + 2];
  c.total = c.correct + c.wrong + c.rounding + c.undecided;
  move_to_undecided(c, left_out_);
  return c;
}

Count FailureUnion::first_failures(int step, const Cube& region) const {
  const std::vector<Count> by_group = diagram_.count(root_, region);
  Count sum = 0;
  for (std::size_t g = index(step); g < by_group.size(); ++g) sum += by_group[g];
  return sum;
}

void FailureUnion::count_classes(std::size_t most_states, std::vector<Counts>& by_cascade,
                                 std::vector<Counts>& by_carries) const {
  const Cube all = Cube::everything(digits_);
  const auto exactly = FailureAutomaton::build(diagram_, root_, all, most_states);
  const auto automaton =
      exactly ? exactly : FailureAutomaton::build(diagram_, diagram_.nothing(), all, SIZE_MAX);
  const auto row = [&](const std::vector<Count>& by_group) {
    return exactly ? counts(by_group) : implied(pairs_, by_group.back());
  };
  for (const auto& by_group : automaton->count_by_cascade()) by_cascade.push_back(row(by_group));
  if (digits_ > kMostDigitsByCarries) return;
  for (const auto& by_group : automaton->count_by_carries()) by_carries.push_back(row(by_group));
}

}  // namespace carryscope::verify
