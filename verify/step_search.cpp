#include "verify/step_search.h"

#include <bit>

#include "model/error.h"
#include "verify/rounding.h"

namespace carryscope::verify {

using model::ensure;
using model::Role;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
// A cube is given up once its margins vary by less than this share of what cannot be resolved. Smaller:
// fewer pairs are called rounding-dependent, and more cubes are needed to say so.
constexpr double kResolutionShare = 1.0 / 16;

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
                       const Cube& within, bool keep_correct)
    : question_(question),
      decoder_(decoder),
      semantics_(semantics),
      keep_correct_(keep_correct),
      domain_(intersect(question.domain(), within)) {
  for (int digit = 0; digit < 10; ++digit) keep_correct ? push_letters(root(digit)) : push_root(root(digit));
}

void StepSearch::push(const Cube& cube, Stage stage) {
  if (const Count pairs = count(cube); pairs > 0)
    open_.push({cube, pairs, pairs, 0, 0, false, stage, stake_});
}

void StepSearch::leaf(const Cube& cube, Count pairs, Verdict verdict) {
  switch (verdict) {
    case Verdict::correct:
      tally_.correct += pairs;
      if (keep_correct_ && pairs > 0) correct_leaves_.push_back({cube, verdict, pairs, 0, 0});
      return;
    case Verdict::wrong:
      tally_.wrong += pairs;
      wrong_leaves_[index(target_digit(cube))] += pairs;
      break;
    case Verdict::rounding:
      tally_.rounding += pairs;
      break;
    case Verdict::undecided:
      tally_.undecided += pairs;
      break;
  }
  if (pairs > 0) leaves_.push_back({cube, verdict, pairs, 0, 0});
}

bool StepSearch::run(TailBounds& tail, std::uint64_t nodes, bool hyperplanes) {
  ensure_upward();
  for (; nodes > 0 && !open_.empty(); --nodes) {
    Node node = open_.top();
    open_.pop();
    if (node.stage == Stage::letters) {
      try_letters(tail, node);
      continue;
    }
    if (node.stage != Stage::part) {
      advance_root(tail, node);
      continue;
    }
    stake_ = node.stake;
    ++tally_.nodes;
    if (const Verdict verdict = examine(tail, node.cube); verdict != Verdict::undecided) {
      leaf(node.cube, node.pairs, verdict);
    } else if (hyperplanes && !node.bracketed) {
      bracket(tail, node);
      open_.push(node);
    } else {
      split(tail, node.cube);
    }
  }
  if (open_.empty()) range_.reset();
  return open_.empty();
}

Tally StepSearch::tally() const {
  Tally now = tally_;
  for (const Leaf& node : open()) {
    now.correct += node.correct;
    now.wrong += node.wrong;
    now.undecided += node.pairs - node.correct - node.wrong;
  }
  const ByDigit wrong = wrong_in_parts();
  for (std::size_t digit = 0; digit < wrong.size(); ++digit) {
    if (wrong_root_[digit] <= wrong[digit]) continue;
    const Count more = std::min(wrong_root_[digit] - wrong[digit], now.undecided);
    now.wrong += more;
    now.undecided -= more;
  }
  return now;
}

std::vector<Leaf> StepSearch::open() const {
  std::vector<Leaf> nodes;
  for (auto rest = open_; !rest.empty(); rest.pop()) {
    const Node& node = rest.top();
    nodes.push_back({node.cube, Verdict::undecided, node.pairs, node.correct, node.wrong});
  }
  return nodes;
}

int StepSearch::target_digit(const Cube& cube) const {
  return std::countr_zero(static_cast<unsigned>(cube.s[index(question_.target_place)]));
}
int StepSearch::target_token() const { return decoder_.layout.digit_tokens[index(target_digit_)]; }

Verdict StepSearch::examine(TailBounds& tail, const Cube& cube) {
  target_digit_ = target_digit(cube);
  range().over(cube, output_);
  Verdict swept = tail.sweep(question_, output_.total, target_token(), kSweepBudget);
  if (swept != Verdict::undecided) return swept;
  denominators_ = denominators(question_, cube);
  if (question_.heads > 1) {
    tighten_jointly(question_, cube, denominators_, output_);
    swept = tail.sweep(question_, output_.total, target_token(), kSweepBudget);
  }
  return swept != Verdict::undecided ? swept : examine_rivals(tail, cube);
}

// Each rival's margin as one functional, whose range over the cube is exact up to its remainder.
Verdict StepSearch::examine_rivals(TailBounds& tail, const Cube& cube) {
  contender_count_ = 0;
  for (const RivalMargin& rival : tail.rivals(question_, output_.total, target_token())) {
    if (rival.excluded) continue;
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
  return contender_count_ == 0 ? Verdict::correct : Verdict::undecided;
}

// For each contender, its functionals where the box is a point and nothing is curved: how far apart
// they are at one pair is what no splitting can remove.
void StepSearch::measure_resolution(TailBounds& tail, const Cube& cube) {
  Output point = output_;
  point.total.half.fill(0.0);
  for (Box& box : point.head) box.half.fill(0.0);
  const model::Pair somewhere = nth_pair(cube, 0);
  const auto& rivals = tail.rivals(question_, point.total, target_token());
  for (std::size_t i = 0; i < contender_count_; ++i) {
    Contender& c = contenders_[i];
    for (const RivalMargin& rival : rivals) {
      if (rival.rival != c.margin.rival) continue;
      margin_upper(question_, point, denominators_, rival, -1.0, rival.roundoff, c.flat_shortfall);
      margin_upper(question_, point, denominators_, rival, 1.0, rival.roundoff, c.flat_excess);
      c.resolution = c.flat_shortfall.at(somewhere) + c.flat_excess.at(somewhere);
    }
  }
}

// Given the maxima of the flat functionals over a cube. Unresolvable: neither sign is within reach, and
// the margin's range is below what can be resolved.
StepSearch::Prospect StepSearch::prospect(const Contender& c, double shortfall, double excess) {
  if (shortfall < 0) return Prospect::beaten;
  if (excess < 0) return Prospect::ahead;
  return shortfall + excess <= (1.0 + kResolutionShare) * c.resolution ? Prospect::unresolvable
                                                                       : Prospect::cut;
}

// Whether the box is hardly wider than that of a single pair, so that no splitting can make it tighter.
bool StepSearch::at_floor(const Cube& cube) const {
  constexpr double kHardly = 1.5;
  const NearOutput single = output_near(question_, nth_pair(cube, 0));
  for (std::size_t k = 0; k < index(question_.axes); ++k)
    if (output_.total.half[k] > kHardly * single.half[k] + question_.slack[k]) return false;
  return true;
}

// Some contender is unresolvable and all others will be beaten; or nothing gets any tighter.
bool StepSearch::unresolvable(const Cube& cube) const {
  if (at_floor(cube)) return true;
  bool any = false;
  for (std::size_t i = 0; i < contender_count_; ++i) {
    const Contender& c = contenders_[i];
    const Prospect p = prospect(c, maximum(c.flat_shortfall, cube), maximum(c.flat_excess, cube));
    if (p == Prospect::ahead || p == Prospect::cut) return false;
    any |= p == Prospect::unresolvable;
  }
  return any;
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

// Digits of the token that one look ahead already sends to leaves, by verdict.
StepSearch::Groups StepSearch::look_ahead(const Cube& cube, Token token) {
  const Digits all = cube.allowed(token.role, token.place);
  Groups groups{all, 0, semantics_ == Semantics::float32 ? all : Digits{0}};
  Digits hopeless = 0;
  std::array<double, 10> low, high;
  for (std::size_t i = 0; i < contender_count_; ++i) {
    const Contender& c = contenders_[i];
    maxima_by_digit(c.shortfall, cube, token, low);
    maxima_by_digit(c.excess, cube, token, high);
    for (int d = 0; d < 10; ++d) {
      const Digits bit = static_cast<Digits>(all & only(d));
      if (!(low[index(d)] < 0)) groups.correct = static_cast<Digits>(groups.correct & ~bit);
      if (high[index(d)] < 0) groups.wrong = static_cast<Digits>(groups.wrong | bit);
    }
    if (groups.unresolvable == 0) continue;
    maxima_by_digit(c.flat_shortfall, cube, token, low);
    maxima_by_digit(c.flat_excess, cube, token, high);
    for (int d = 0; d < 10; ++d) {
      const Prospect p = prospect(c, low[index(d)], high[index(d)]);
      if (p == Prospect::unresolvable) hopeless = static_cast<Digits>(hopeless | only(d));
      if (p == Prospect::ahead || p == Prospect::cut)
        groups.unresolvable = static_cast<Digits>(groups.unresolvable & ~only(d));
    }
  }
  groups.wrong = static_cast<Digits>(groups.wrong & ~groups.correct);
  groups.unresolvable = static_cast<Digits>(groups.unresolvable & hopeless & ~groups.correct & ~groups.wrong);
  return groups;
}

void StepSearch::split(TailBounds& tail, const Cube& cube) {
  const Verdict hopeless = semantics_ == Semantics::float32 ? Verdict::rounding : Verdict::undecided;
  measure_resolution(tail, cube);
  const Token token = most_influential(cube);
  if (token.place < 0 || unresolvable(cube)) {
    leaf(cube, count(cube), hopeless);
    return;
  }
  const Groups groups = look_ahead(cube, token);
  Cube part = cube;
  Digits& digits = part.allowed(token.role, token.place);
  const Digits all = digits;
  for (const auto& [group, verdict] :
       {std::pair{groups.correct, Verdict::correct}, std::pair{groups.wrong, Verdict::wrong},
        std::pair{groups.unresolvable, hopeless}}) {
    digits = group;
    if (group) leaf(part, count(part), verdict);
  }
  const int rest = all & ~groups.correct & ~groups.wrong & ~groups.unresolvable;
  for (int d = 0; d < 10; ++d)
    if (rest >> d & 1) {
      digits = only(d);
      push(part, Stage::part);
    }
}

}  // namespace carryscope::verify
