#include "analysis/answer_search.h"

#include <algorithm>
#include <bit>

#include "verify/rounding.h"

namespace carryscope::analysis {

using verify::Count, verify::Cube, verify::Digits, verify::Leaf, verify::Token, verify::Verdict;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

Cube writing(Cube cube, int place, Digits digits) {
  Digits& there = cube.s[index(place)];
  there = static_cast<Digits>(there & digits);
  return cube;
}

}  // namespace

AnswerSearch::AnswerSearch(const verify::Question& question, const model::Decoder& decoder)
    : question_(question),
      decoder_(decoder),
      range_(question),
      plain_(decoder),
      logits_(index(decoder.vocabulary)) {
  push(question.domain(), verify::kAnyDigit);
}

// The parent may have known more of the answer than the cube's own bounds say; both hold.
void AnswerSearch::push(const Cube& cube, Digits digits) {
  const Count pairs = verify::count(writing(cube, question_.target_place, digits));
  if (pairs == 0) return;
  open_.push({cube, digits, pairs});
  undecided_ += pairs;
}

void AnswerSearch::add_wrong(const Cube& cube, Digits digits) {
  const Cube part = writing(cube, question_.target_place, digits);
  const Count pairs = verify::count(part);
  if (pairs == 0) return;
  certain_.push_back({part, Verdict::wrong, pairs, 0, 0});
  wrong_ += pairs;
}

void AnswerSearch::settle(const Cube& cube, int token) {
  add_wrong(cube, static_cast<Digits>(verify::kAnyDigit & ~digits_of(token)));
}

Digits AnswerSearch::digits_of(int token) const {
  Digits digits = 0;
  for (int d = 0; d < 10; ++d)
    if (decoder_.layout.digit_tokens[index(d)] == token)
      digits = static_cast<Digits>(digits | verify::only(d));
  return digits;
}

bool AnswerSearch::run(verify::TailBounds& tail, std::uint64_t nodes) {
  verify::ensure_upward();
  for (; nodes > 0 && !open_.empty(); --nodes) {
    const Node node = open_.top();
    open_.pop();
    undecided_ -= node.undecided;
    range_.over(node.cube, output_);
    denominators_ = verify::denominators(question_, node.cube);
    verify::tighten_jointly(question_, node.cube, denominators_, output_);
    const int token = likely(output_.total);
    if (beats_all(tail, node.cube, token))
      settle(writing(node.cube, question_.target_place, node.digits), token);
    else
      split(node, token);
  }
  return open_.empty();
}

std::vector<Leaf> AnswerSearch::leaves() const {
  std::vector<Leaf> all = certain_;
  const auto add = [&](const Node& node) {
    all.push_back(
        {writing(node.cube, question_.target_place, node.digits), Verdict::undecided, node.undecided, 0, 0});
  };
  for (const Node& node : stuck_) add(node);
  for (auto rest = open_; !rest.empty(); rest.pop()) add(rest.top());
  return all;
}

// At the box's centre, in doubles: a guess.
int AnswerSearch::likely(const verify::Box& box) {
  residual_.clear();
  for (int i = 0; i < question_.width; ++i) {
    double x = question_.base[index(i)].mid();
    for (int k = 0; k < question_.axes; ++k)
      x += box.centre[index(k)] * question_.axis[index(k * question_.width + i)];
    residual_.push_back(x);
  }
  plain_.logits(residual_, logits_);
  return static_cast<int>(std::ranges::max_element(logits_) - logits_.begin());
}

bool AnswerSearch::beats_all(verify::TailBounds& tail, const Cube& cube, int token) {
  contender_count_ = 0;
  for (const verify::RivalMargin& rival : tail.rivals(question_, output_.total, token)) {
    if (rival.excluded) continue;
    if (contenders_.size() == contender_count_) contenders_.emplace_back();
    Contender& c = contenders_[contender_count_];
    c.margin = rival;
    verify::margin_upper(question_, output_, denominators_, rival, -1.0, rival.roundoff, c.shortfall);
    if (!(verify::maximum(c.shortfall, cube) < 0)) ++contender_count_;
  }
  return contender_count_ == 0;
}

// Digits of a token of the addition for which all contenders are beaten already.
Digits AnswerSearch::beaten(const Cube& cube, Token on) const {
  Digits digits = cube.allowed(on.role, on.place);
  std::array<double, 10> maxima;
  for (std::size_t i = 0; i < contender_count_; ++i) {
    verify::maxima_by_digit(contenders_[i].shortfall, cube, on, maxima);
    for (int d = 0; d < 10; ++d)
      if (!(maxima[index(d)] < 0)) digits = static_cast<Digits>(digits & ~verify::only(d));
  }
  return digits;
}

Token AnswerSearch::most_influential(const Cube& cube) {
  most_.assign(index(verify::token_count(question_.digits)), 0.0);
  for (std::size_t i = 0; i < contender_count_; ++i) {
    verify::token_influence(question_, output_, denominators_, contenders_[i].margin, cube, influence_);
    for (std::size_t t = 0; t < most_.size(); ++t) most_[t] = std::max(most_[t], influence_[t]);
  }
  Token best{model::Role::a, -1};
  double size = 0.0;
  for (int t = 0; t < static_cast<int>(most_.size()); ++t) {
    const Token token = verify::token_at(t, question_.digits);
    if (most_[index(t)] <= size || std::popcount(cube.allowed(token.role, token.place)) < 2) continue;
    size = most_[index(t)];
    best = token;
  }
  return best;
}

void AnswerSearch::split(const Node& node, int token) {
  Digits digits = digits_of(token);
  for (std::size_t i = 0; i < contender_count_; ++i)
    digits = static_cast<Digits>(digits | digits_of(contenders_[i].margin.rival));
  digits = static_cast<Digits>(digits & node.digits);
  add_wrong(node.cube, static_cast<Digits>(node.digits & ~digits));
  const Token on = most_influential(node.cube);
  if (on.place < 0) {
    const Count pairs = verify::count(writing(node.cube, question_.target_place, digits));
    if (pairs == 0) return;
    stuck_.push_back({node.cube, digits, pairs});
    undecided_ += pairs;
    return;
  }
  Cube part = node.cube;
  Digits& of_token = part.allowed(on.role, on.place);
  const Digits all = of_token, done = beaten(node.cube, on);
  of_token = done;
  if (done) {
    settle(writing(part, question_.target_place, digits), token);
    of_token = static_cast<Digits>(all & ~done);  // likely to have one answer too
    return push(part, digits);
  }
  for (int d = 0; d < 10; ++d)
    if (all >> d & 1) {
      of_token = verify::only(d);
      push(part, digits);
    }
}

}  // namespace carryscope::analysis
