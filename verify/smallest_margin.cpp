#include "verify/smallest_margin.h"

#include <bit>
#include <queue>

#include "model/attention_table.h"
#include "verify/workers.h"

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
constexpr double kWidth = 1e-6;

struct Node {
  Cube cube;
  double least = 0.0;  // lower bound of the margin over the cube
  bool operator<(const Node& other) const { return least > other.least; }
};

class QuestionMinimum {
 public:
  QuestionMinimum(const Question& question, const model::Decoder& decoder)
      : question_(question), decoder_(decoder), range_(question) {}

  // Tries a pair of some cubes of the first split.
  void sample(TailBounds& tail) {
    constexpr int kEvery = 16;
    int n = 0;
    for_each_target(question_.domain(), question_.target_place, [&](const Cube& part) {
      if (const Count pairs = count(part); n++ % kEvery == 0 && pairs > 0)
        try_pair(tail, nth_pair(part, pairs / 2));
    });
  }

  // Bounds every cube of the first split; what cannot hold a margin below `best` is settled.
  void start(TailBounds& tail, const SmallestMargin& best) {
    take_smaller(best_, best);
    for_each_target(question_.domain(), question_.target_place,
                    [&](const Cube& part) { examine(tail, part); });
  }

  // Splits cubes until none may hold a margin kWidth below `best`; false once the deadline passes.
  bool refine(TailBounds& tail, SmallestMargin& best, const Deadline& deadline) {
    lower_to(best);
    for (int n = 1; !open_.empty() && open_.top().least < enough(); ++n) {
      if (n % 64 == 0 && deadline.passed()) return false;
      const Cube cube = open_.top().cube;
      const double least = open_.top().least;
      open_.pop();
      split(tail, cube, least);
    }
    if (!open_.empty()) settled_ = std::min(settled_, open_.top().least);
    lower_to(best);
    return true;
  }

  const SmallestMargin& best() const { return best_; }
  double settled() const { return settled_; }  // no margin of the question is below this, after refine()

  static void take_smaller(SmallestMargin& x, const SmallestMargin& y) {
    if (y.margin.upper() < x.margin.upper()) x = y;
  }

 private:
  double enough() const { return best_.margin.upper() - 0.5 * kWidth; }
  void lower_to(SmallestMargin& best) {
    take_smaller(best_, best);
    best = best_;
  }

  void examine(TailBounds& tail, const Cube& cube) {
    const Count pairs = count(cube);
    if (pairs == 0) return;
    range_.over(cube, output_);
    const double least =
        tail.least_margin(question_, output_.total, target_token(cube), kSweepBudget, enough());
    if (least >= enough()) {
      settled_ = std::min(settled_, least);
      return;
    }
    open_.push({cube, least});
    try_pair(tail, nth_pair(cube, pairs / 2));
  }

  void try_pair(TailBounds& tail, model::Pair pair) {
    const Cube cube = intersect(question_.domain(), Cube::point(pair, question_.digits));
    range_.over(cube, output_);
    const int digit = model::digit_at(pair.a + pair.b, question_.target_place);
    const int token = decoder_.layout.digit_tokens[index(digit)];
    take_smaller(best_, {tail.margins(question_, output_.total, token), pair, question_.step});
  }

  void split(TailBounds& tail, const Cube& cube, double least) {
    const Token token = widest_token(cube);
    if (token.place < 0) {  // a single pair: as tight as it gets
      settled_ = std::min(settled_, least);
      return;
    }
    Cube part = cube;
    const Digits all = part.allowed(token.role, token.place);
    for (int d = 0; d < 10; ++d) {
      if (!(all >> d & 1)) continue;
      part.allowed(token.role, token.place) = only(d);
      examine(tail, part);
    }
  }

  int target_token(const Cube& cube) const {
    const auto digit = std::countr_zero(static_cast<unsigned>(cube.s[index(question_.target_place)]));
    return decoder_.layout.digit_tokens[index(digit)];
  }

  // The token that moves the output most over the cube.
  Token widest_token(const Cube& cube) {
    range_.over(cube, output_);
    RivalMargin unit;
    unit.slope.fill(1.0);
    std::vector<double> spread;
    token_influence(question_, output_, denominators(question_, cube), unit, cube, spread);
    Token widest{model::Role::a, -1};
    double most = -1.0;
    for (int t = 0; t < token_count(question_.digits); ++t) {
      const Token token = token_at(t, question_.digits);
      if (std::popcount(cube.allowed(token.role, token.place)) < 2 || spread[index(t)] <= most) continue;
      most = spread[index(t)];
      widest = token;
    }
    return widest;
  }

  const Question& question_;
  const model::Decoder& decoder_;
  OutputRange range_;
  std::priority_queue<Node> open_;
  SmallestMargin best_{Interval(kInfinity, kInfinity), {}, 0};
  double settled_ = kInfinity;
  Output output_;
};

}  // namespace

// Pairs are sampled, every question starts against the best of them, then all are refined one after the other
// against the best pair of all, so the result does not depend on the number of threads.
std::optional<SmallestMargin> smallest_margin(const model::Decoder& decoder,
                                              const std::vector<const Question*>& questions, int threads,
                                              const Deadline& deadline) {
  std::vector<std::unique_ptr<QuestionMinimum>> minima(questions.size());
  const auto each = [&](const std::function<void(std::size_t, TailBounds&)>& visit) {
    std::atomic<std::size_t> next = 0;
    in_parallel(threads, [&](int) {
      Tails tails(decoder, Semantics::real);
      for (std::size_t i = next++; i < questions.size() && !deadline.passed(); i = next++)
        visit(i, tails.of(*questions[i]));
    });
  };
  SmallestMargin best{Interval(kInfinity, kInfinity), {}, 0};
  each([&](std::size_t i, TailBounds& tail) {
    minima[i] = std::make_unique<QuestionMinimum>(*questions[i], decoder);
    minima[i]->sample(tail);
  });
  if (deadline.passed()) return std::nullopt;
  for (const auto& m : minima) QuestionMinimum::take_smaller(best, m->best());
  each([&](std::size_t i, TailBounds& tail) { minima[i]->start(tail, best); });
  if (deadline.passed()) return std::nullopt;
  for (const auto& m : minima) QuestionMinimum::take_smaller(best, m->best());
  double least = best.margin.lower();
  bool complete = true;
  in_parallel(1, [&](int) {
    Tails tails(decoder, Semantics::real);
    for (std::size_t i = 0; i < questions.size() && complete; ++i) {
      complete = minima[i]->refine(tails.of(*questions[i]), best, deadline);
      least = std::min(least, minima[i]->settled());
    }
  });
  if (!complete) return std::nullopt;
  best.margin = Interval(std::min(least, best.margin.lower()), best.margin.upper());
  return best;
}

}  // namespace carryscope::verify
