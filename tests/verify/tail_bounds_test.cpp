// TailBounds and the rivals' functionals against the forward pass at single pairs: the reference in
// doubles over the reals, several float32 programs under float32 semantics.
#include "verify/tail_bounds.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/verify/brute_force.h"
#include "tests/verify/random_question.h"
#include "verify/rivals.h"

namespace carryscope {
namespace {

using model::Pair;
using test::Order;
using test::OrderedFloat;
using test::RandomQuestion;
using verify::Additive;
using verify::Interval;
using verify::Semantics;
using verify::Verdict;

// Upper bounds of -margin and of +margin (times D where there is one head), per rival.
struct Bounds {
  std::vector<int> rival;
  std::vector<Additive> below, above;
  Verdict swept = Verdict::undecided;
  Interval margins;
  double least = 0.0;
};

Bounds bounds(const RandomQuestion& r) {
  Bounds b;
  const auto tail = verify::TailBounds::make(r.decoder, r.semantics, r.question.axes);
  b.swept = tail->sweep(r.question, r.output.total, r.target_token, 32);
  const auto inverse = verify::denominators(r.question, r.cube);
  for (const auto& rival : tail->rivals(r.question, r.output.total, r.target_token)) {
    b.rival.push_back(rival.rival);
    b.below.emplace_back();
    b.above.emplace_back();
    margin_upper(r.question, r.output, inverse, rival, -1.0, rival.roundoff, b.below.back());
    margin_upper(r.question, r.output, inverse, rival, 1.0, rival.roundoff, b.above.back());
  }
  b.margins = tail->margins(r.question, r.output.total, r.target_token);
  b.least = tail->least_margin(r.question, r.output.total, r.target_token, 8, verify::kInfinity);
  return b;
}

// The margins that the functionals bound: logits, unless the final norm's scale was left out.
bool scaled_like_logits(const model::Decoder& d) {
  return !d.head_bias.empty() || d.final_norm.type == model::NormType::none;
}

template <class T>
void compare(const RandomQuestion& r, const Bounds& b, std::mt19937_64& random, double tolerance) {
  test::Evaluation<T> evaluation(r.decoder);
  const int step = r.question.step;
  test::for_some_pairs(random, r.cube, 12, [&](Pair pair) {
    evaluation.run(pair);
    ASSERT_EQ(evaluation.target(step), r.target_token);
    const double slip = tolerance * (1.0 + evaluation.largest(step));
    const double margin = evaluation.margin(step);
    if (b.swept == Verdict::correct) {
      ASSERT_GT(margin, -slip);
    }
    if (b.swept == Verdict::wrong) {
      ASSERT_LT(margin, slip);
    }
    if (r.semantics == Semantics::real) {
      ASSERT_GE(margin, std::max(b.margins.lower(), b.least) - slip);
      ASSERT_LE(margin, b.margins.upper() + slip);
    }
    if (!scaled_like_logits(r.decoder)) return;
    const double unit = r.question.heads == 1 ? test::denominator(r.question, 0, pair) : 1.0;
    const double own = test::plain(evaluation.logit(step, r.target_token));
    for (std::size_t i = 0; i < b.rival.size(); ++i) {
      const double gap = own - test::plain(evaluation.logit(step, b.rival[i]));
      ASSERT_LE(-gap * unit, b.below[i].at(pair) + slip * unit) << "rival " << b.rival[i];
      ASSERT_LE(gap * unit, b.above[i].at(pair) + slip * unit) << "rival " << b.rival[i];
    }
  });
}

void check(int models, Semantics semantics) {
  const char* fixed = std::getenv("CARRYSCOPE_SEED");
  const std::uint64_t seed = fixed ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < models && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    model::testing::RandomModel wanted;
    wanted.digits = 1 + round % 3;
    const auto r = test::random_question(random, semantics, wanted);
    const Bounds b = test::upward(bounds, r);
    if (semantics == Semantics::real) {
      compare<double>(r, b, random, 1e-10);
      continue;
    }
    compare<float>(r, b, random, 1e-12);
    compare<OrderedFloat<Order::reversed>>(r, b, random, 1e-12);
    compare<OrderedFloat<Order::fused>>(r, b, random, 1e-12);
    compare<OrderedFloat<Order::off>>(r, b, random, 1e-12);
  }
}

TEST(TailBounds, HoldTheMarginsOfEveryPair) { check(400, Semantics::real); }
TEST(TailBounds, HoldTheMarginsOfEveryFloat32Program) { check(300, Semantics::float32); }

}  // namespace
}  // namespace carryscope
