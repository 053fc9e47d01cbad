// What a StepSearch does before it splits on single tokens: its roots, of which only the digit to be
// generated is known, all letters of a digit and a carry at once, and the count of a cube that a boundary
// cuts.
#include <bit>
#include <random>

#include "verify/hyperplane.h"
#include "verify/random_pair.h"
#include "verify/rounding.h"
#include "verify/step_search.h"
#include "verify/sure_failures.h"

namespace carryscope::verify {

namespace {

constexpr int kSubBoxes = 64, kBins = 512;
constexpr int kLettersBudget = 8;  // sub-boxes of all letters at once; more seldom decides more

}  // namespace

Cube StepSearch::root(int digit) const {
  Cube cube = domain_;
  Digits& target = cube.s[static_cast<std::size_t>(question_.target_place)];
  target = static_cast<Digits>(target & only(digit));
  return cube;
}

void StepSearch::push_root(const Cube& cube) {
  const Count pairs = count(cube);
  if (pairs == 0) return;
  open_.push({cube, pairs, pairs, 0, 0, false, Stage::untried, 1.0});
  ++roots_;
}

// The carry out of the place tells its letters apart where the digit does not: 3 + 4 from 8 + 9.
void StepSearch::push_letters(const Cube& root) {
  const auto out = static_cast<std::size_t>(std::min(question_.target_place + 1, question_.digits));
  for (int carry = 0; carry < 2; ++carry) {
    Cube part = root;
    part.c[out] = static_cast<std::uint8_t>(part.c[out] & 1 << carry);
    push(part, Stage::letters);
  }
}

void StepSearch::try_roots(TailBounds& tail) {
  ensure_upward();
  std::vector<Node> untried;
  for (; !open_.empty() && open_.top().stage == Stage::untried; open_.pop()) untried.push_back(open_.top());
  for (Node& root : untried) advance_root(tail, root);
}

// A root goes from stage to stage until it is a leaf, or its letters are nodes of their own.
void StepSearch::advance_root(TailBounds& tail, Node& root) {
  target_digit_ = target_digit(root.cube);
  if (root.stage == Stage::untried && seems_wrong(tail, root.cube, 1)) {
    ++doubted_;
    const Doubt doubt = doubt_about(tail, root.cube);
    if (doubt == Doubt::throughout) return leaf(root.cube, root.pairs, Verdict::wrong);
    if (doubt == Doubt::countable) {
      root.stage = Stage::doubted;
      return open_.push(root);
    }
  }
  if (root.stage == Stage::doubted) {
    root.wrong = count_doubted(tail, root.cube);
    root.open = root.pairs - root.wrong;
    wrong_root_[static_cast<std::size_t>(target_digit_)] = root.wrong;
    root.stage = Stage::counted;
    if (root.wrong > 0) return open_.push(root);
  }
  stake_ = static_cast<double>(root.open) / static_cast<double>(root.pairs);
  push_letters(root.cube);
}

StepSearch::Doubt StepSearch::doubt_about(TailBounds& tail, const Cube& cube) {
  if (!seems_wrong(tail, cube, kTries)) return Doubt::none;
  ++tally_.nodes;
  range().over(cube, output_);
  if (wrong_throughout(tail, question_, output_.total, target_token(), kSubBoxes)) return Doubt::throughout;
  return count(cube) >= kMany && !letters_decide(tail, cube) ? Doubt::countable : Doubt::none;
}

Count StepSearch::count_doubted(TailBounds& tail, const Cube& cube) {
  ++tally_.nodes;
  ++counts_;
  range().over(cube, output_);
  return count_wrong(tail, question_, cube, output_, target_token());
}

std::optional<Count> StepSearch::count_lost(TailBounds& tail, const Cube& cube) {
  ensure_upward();
  target_digit_ = target_digit(cube);
  switch (doubt_about(tail, cube)) {
    case Doubt::throughout:
      return count(cube);
    case Doubt::countable:
      return count_doubted(tail, cube);
    case Doubt::none:
      break;
  }
  return {};
}

// A model that adds tells sums apart, hardly the letters that make them: one box may decide all at once.
void StepSearch::try_letters(TailBounds& tail, const Node& node) {
  stake_ = node.stake;
  target_digit_ = target_digit(node.cube);
  if (question_.target_place < question_.digits) {
    ++tally_.nodes;
    range().over(node.cube, output_);
    const Verdict verdict = tail.sweep(question_, output_.total, target_token(), kLettersBudget);
    if (verdict != Verdict::undecided) return leaf(node.cube, node.pairs, verdict);
  }
  for_each_target(node.cube, question_.target_place, [&](const Cube& part) { push(part, Stage::part); });
}

// Wrong: at least as many as for the worst contender. Correct: all but what each contender leaves.
void StepSearch::bracket(TailBounds& tail, Node& node) {
  Count not_correct = 0;
  for (std::size_t i = 0; i < contender_count_; ++i) {
    not_correct += node.pairs - count_negative(contenders_[i].shortfall, node.cube, kBins);
    node.wrong = std::max(node.wrong, count_negative(contenders_[i].excess, node.cube, kBins));
  }
  node.correct = node.pairs - std::min(node.pairs, not_correct);
  if (counts_ > 0 && node.pairs >= kMany && node.correct == 0 && node.wrong < node.pairs / 2 &&
      seems_wrong(tail, node.cube, kTries)) {
    ++counts_;
    node.wrong = std::max(node.wrong, count_wrong(tail, question_, node.cube, output_, target_token()));
  }
  node.open = node.pairs - node.correct - node.wrong;
  node.bracketed = true;
}

// Whether the letter of the target's place and its carries decide some pairs, taken at random, for all others
// that share them: then counting is not worth its time.
bool StepSearch::letters_decide(TailBounds& tail, const Cube& cube) {
  if (question_.target_place == question_.digits) return false;
  const auto p = static_cast<std::size_t>(question_.target_place);
  for (const model::Pair pair : some_pairs(cube, kTries)) {
    const Cube point = Cube::point(pair, question_.digits);
    Cube part = cube;
    part.a[p] = point.a[p], part.b[p] = point.b[p];
    part.c[p] = point.c[p];
    range().over(part, output_);
    if (tail.sweep(question_, output_.total, target_token(), kLettersBudget) != Verdict::undecided)
      return true;
  }
  return false;
}

std::vector<model::Pair> StepSearch::some_pairs(const Cube& cube, int most) const {
  std::mt19937_64 random(static_cast<std::uint64_t>(target_digit_));
  std::vector<model::Pair> some;
  for (int i = 0; i < most; ++i) some.push_back(random_pair(cube, random));
  return some;
}

// Whether each of some pairs, taken at random, is wrong; a guess.
bool StepSearch::seems_wrong(TailBounds& tail, const Cube& cube, int tries) const {
  for (const model::Pair pair : some_pairs(cube, tries)) {
    const auto near = output_near(question_, pair).u;
    Box point;
    std::copy(near.begin(), near.end(), point.centre.begin());
    if (tail.sweep(question_, point, target_token(), 1) != Verdict::wrong) return false;
  }
  return true;
}

StepSearch::ByDigit StepSearch::wrong_in_parts() const {
  ByDigit wrong = wrong_leaves_;
  for (const Leaf& node : open()) wrong[static_cast<std::size_t>(target_digit(node.cube))] += node.wrong;
  return wrong;
}

std::vector<Leaf> StepSearch::counted() const {
  std::vector<Leaf> cubes;
  const ByDigit wrong = wrong_in_parts();
  const auto root_says_more = [&](std::size_t digit) { return wrong_root_[digit] > wrong[digit]; };
  for (std::size_t digit = 0; digit < wrong.size(); ++digit)
    if (root_says_more(digit)) {
      const Cube cube = root(static_cast<int>(digit));
      cubes.push_back({cube, Verdict::undecided, count(cube), 0, wrong_root_[digit]});
    }
  for (const Leaf& node : open())
    if (node.wrong > 0 && !root_says_more(static_cast<std::size_t>(target_digit(node.cube))))
      cubes.push_back(node);
  return cubes;
}

}  // namespace carryscope::verify
