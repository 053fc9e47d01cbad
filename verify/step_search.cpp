#include "verify/step_search.h"

#include <bit>

#include "model/error.h"
#include "verify/rounding.h"

namespace carryscope::verify {

using model::ensure;
using model::Role;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
constexpr int kSweepBudget = 32;

// Calls visit(cube) for each part of the cube in which the target digit is known.
template <class Visit>
void for_each_target(const Cube& cube, int place, Visit&& visit) {
  const std::size_t p = index(place);
  if (place == cube.digits) {
    for (int carry = 0; carry < 2; ++carry) {
      if (!allows_top(cube, carry)) continue;
      Cube part = cube;
      part.c[p] = static_cast<std::uint8_t>(1 << carry);
      part.s[p] = only(carry);
      visit(part);
    }
    return;
  }
  for_each_letter(cube, place, [&](int a, int b, int s, int in, int out) {
    Cube part = cube;
    part.a[p] = only(a);
    part.b[p] = only(b);
    part.s[p] = only(s);
    part.c[p] = static_cast<std::uint8_t>(1 << in);
    part.c[p + 1] = static_cast<std::uint8_t>(1 << out);
    visit(part);
  });
}

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  correct += other.correct;
  wrong += other.wrong;
  rounding += other.rounding;
  undecided += other.undecided;
  nodes += other.nodes;
  return *this;
}

StepSearch::StepSearch(const Question& question, const model::Decoder& decoder, Semantics semantics,
                       const Cube& within)
    : question_(question), decoder_(decoder), semantics_(semantics), range_(question) {
  for_each_target(intersect(question.domain(), within), question.target_place,
                  [&](const Cube& part) { push(part); });
}

void StepSearch::push(const Cube& cube) {
  if (const Count pairs = count(cube); pairs > 0) open_.push({cube, pairs});
}

void StepSearch::leaf(const Cube& cube, Verdict verdict) {
  const Count pairs = count(cube);
  switch (verdict) {
    case Verdict::correct:
      tally_.correct += pairs;
      return;
    case Verdict::wrong:
      tally_.wrong += pairs;
      break;
    case Verdict::rounding:
      tally_.rounding += pairs;
      break;
    case Verdict::undecided:
      tally_.undecided += pairs;
      break;
  }
  if (pairs > 0) leaves_.push_back({cube, verdict, pairs});
}

bool StepSearch::run(TailBounds& tail, std::uint64_t nodes) {
  ensure_upward();
  for (; nodes > 0 && !open_.empty(); --nodes) {
    const Cube cube = open_.top().cube;
    open_.pop();
    ++tally_.nodes;
    if (const Verdict verdict = examine(tail, cube); verdict != Verdict::undecided)
      leaf(cube, verdict);
    else
      split(cube);
  }
  return open_.empty();
}

Tally StepSearch::tally() const {
  Tally now = tally_;
  for (const Leaf& node : open()) now.undecided += node.pairs;
  return now;
}

std::vector<Leaf> StepSearch::open() const {
  std::vector<Leaf> nodes;
  for (auto rest = open_; !rest.empty(); rest.pop())
    nodes.push_back({rest.top().cube, Verdict::undecided, rest.top().pairs});
  return nodes;
}

Verdict StepSearch::examine(TailBounds& tail, const Cube& cube) {
  target_digit_ = std::countr_zero(static_cast<unsigned>(cube.s[index(question_.target_place)]));
  range_.over(cube, output_);
  const int token = decoder_.layout.digit_tokens[index(target_digit_)];
  const Verdict swept = tail.sweep(question_, output_.total, token, kSweepBudget);
  return swept != Verdict::undecided ? swept : examine_rivals(tail, cube);
}

// Each rival's margin as one functional, whose range over the cube is exact up to its remainder.
Verdict StepSearch::examine_rivals(TailBounds& tail, const Cube& cube) {
  denominators_ = denominators(question_, cube);
  contender_count_ = 0;
  const int token = decoder_.layout.digit_tokens[index(target_digit_)];
  bool may_be_wrong = false, within_band = false;
  for (const RivalMargin& rival : tail.rivals(question_, output_.total, token)) {
    if (contenders_.size() == contender_count_) contenders_.emplace_back();
    Contender& c = contenders_[contender_count_];
    c.margin = rival;
    margin_upper(question_, output_, denominators_, rival, -1.0, rival.roundoff, c.shortfall);
    c.worst = maximum(c.shortfall, cube);
    if (c.worst < 0) continue;
    margin_upper(question_, output_, denominators_, rival, 1.0, rival.roundoff, c.excess);
    c.best = maximum(c.excess, cube);
    if (c.best < 0) return Verdict::wrong;
    ++contender_count_;
  }
  (void)may_be_wrong;
  (void)within_band;
  return contender_count_ == 0 ? Verdict::correct : Verdict::undecided;
}

// Whether the tokens still free move some contender's margin less than its bound is uncertain anyway:
// splitting further cannot help.
bool StepSearch::beyond_resolution(const Cube& cube) {
  const model::Pair somewhere = nth_pair(cube, 0);
  for (std::size_t i = 0; i < contender_count_; ++i) {
    Contender& c = contenders_[i];
    const double blur = c.shortfall.at(somewhere) + c.excess.at(somewhere);
    if (c.worst + c.best - blur > blur) return false;
    RivalMargin linear = c.margin;
    linear.remainder = 0.0;
    margin_upper(question_, output_, denominators_, linear, -1.0, linear.roundoff, c.shortfall);
    margin_upper(question_, output_, denominators_, linear, 1.0, linear.roundoff, c.excess);
    const double least = c.shortfall.at(somewhere) + c.excess.at(somewhere);
    if (maximum(c.shortfall, cube) + maximum(c.excess, cube) - least > least) return false;
  }
  return true;
}

Token StepSearch::most_influential(const Cube& cube) {
  std::vector<double> most(index(token_count(question_.digits)), 0.0);
  for (std::size_t i = 0; i < contender_count_; ++i) {
    token_influence(question_, output_, denominators_, contenders_[i].margin, cube, influence_);
    for (std::size_t t = 0; t < most.size(); ++t) most[t] = std::max(most[t], influence_[t]);
  }
  int best = -1;
  double size = -1.0;
  for (int t = 0; t < static_cast<int>(most.size()); ++t) {
    const Token token = token_at(t, question_.digits);
    if (std::popcount(cube.allowed(token.role, token.place)) < 2) continue;
    if (most[index(t)] > size) {
      size = most[index(t)];
      best = t;
    }
  }
  return best < 0 ? Token{Role::a, -1} : token_at(best, question_.digits);
}

void StepSearch::split(const Cube& cube) {
  const Token token = most_influential(cube);
  if (token.place < 0 || beyond_resolution(cube)) {
    leaf(cube, semantics_ == Semantics::float32 ? Verdict::rounding : Verdict::undecided);
    return;
  }
  const Digits all = cube.allowed(token.role, token.place);
  Digits correct = all, wrong = 0;
  std::array<double, 10> most;
  for (std::size_t i = 0; i < contender_count_; ++i) {
    maxima_by_digit(contenders_[i].shortfall, cube, token, most);
    for (int d = 0; d < 10; ++d)
      if (!(most[index(d)] < 0)) correct = static_cast<Digits>(correct & ~only(d));
    maxima_by_digit(contenders_[i].excess, cube, token, most);
    for (int d = 0; d < 10; ++d)
      if (most[index(d)] < 0) wrong = static_cast<Digits>(wrong | (all & only(d)));
  }
  wrong = static_cast<Digits>(wrong & ~correct);
  Cube part = cube;
  const auto restrict_to = [&](Digits digits) { part.allowed(token.role, token.place) = digits; };
  if (correct) {
    restrict_to(correct);
    leaf(part, Verdict::correct);
  }
  if (wrong) {
    restrict_to(wrong);
    leaf(part, Verdict::wrong);
  }
  for (int d = 0; d < 10; ++d)
    if ((all & ~correct & ~wrong) >> d & 1) {
      restrict_to(only(d));
      push(part);
    }
}

}  // namespace carryscope::verify
