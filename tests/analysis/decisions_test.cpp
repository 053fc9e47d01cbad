// Intervals on the carry axis against every pair of small models, and against outputs drawn within them.
#include <gtest/gtest.h>

#include <random>

#include "analysis/ablated.h"
#include "analysis/analyses.h"
#include "analysis/anatomy.h"
#include "model/planted.h"
#include "model/tail.h"
#include "tests/model/random_decoder.h"
#include "verify/question.h"
#include "verify/workers.h"

namespace carryscope::analysis {
namespace {

using model::testing::Random;

Subject subject_of(model::Decoder decoder) {
  model::Checkpoint checkpoint;
  checkpoint.decoder = std::move(decoder);
  return Subject(std::move(checkpoint));
}

// The record's intervals with names in place of columns.
std::vector<Json> intervals(const Json& record) {
  std::vector<Json> out;
  for (const Json& row : record["intervals"]["rows"]) {
    out.emplace_back();
    for (std::size_t c = 0; c < row.size(); ++c)
      out.back()[record["intervals"]["columns"][c]["name"].get<std::string>()] = row[c];
  }
  return out;
}

verify::Question question_of(const Network& network, const Json& interval) {
  const int step = interval["step"];
  const auto symbol = interval["query_digit"].is_null() ? 0u : interval["query_digit"].get<unsigned>();
  verify::Question question;
  verify::in_parallel(1, [&](int) { question = verify::questions_of_step(*network.table, step).at(symbol); });
  return question;
}

int sum_at(model::Pair pair, int place, int digits) {
  const int carry = model::carries(pair, digits)[static_cast<std::size_t>(place)];
  return place == digits ? carry : model::digit_at(pair.a, place) + model::digit_at(pair.b, place) + carry;
}

// Where all pairs of an interval lie on the axis, by looking at each.
struct Enumerated {
  std::uint64_t pairs = 0;
  double low = verify::kInfinity, high = -verify::kInfinity;
};

// `visit` sees each pair.
template <class Visit>
Enumerated enumerate(const verify::Question& question, const Json& interval, Visit&& visit) {
  Enumerated all;
  const std::uint64_t end = model::power_of_ten(question.digits);
  for (std::uint64_t a = 0; a < end; ++a)
    for (std::uint64_t b = 0; b < end; ++b) {
      const model::Pair pair{a, b};
      if (!question.domain().contains(pair)) continue;
      if (sum_at(pair, interval["place"], question.digits) != interval["sum"]) continue;
      const double at = verify::output_near(question, pair).u[interval["axis"].get<std::size_t>()];
      all = {all.pairs + 1, std::min(all.low, at), std::max(all.high, at)};
      visit(pair);
    }
  return all;
}

void expect_answered(const Anatomist& dissect, const model::Layout& layout, int step, model::Pair pair) {
  const std::vector<int> tokens = model::tokenise(layout, pair);
  const auto query = static_cast<std::size_t>(layout.query_position(step));
  EXPECT_GT(margin_of(dissect(std::span(tokens).first(query + 1)).logits, tokens[query + 1]), 0);
}

void expect_enumerated(const Subject& subject) {
  constexpr double kRounding = 1e-9;
  const Anatomist dissect(subject.table());
  for (const Json& interval : intervals(decisions(subject))) {
    SCOPED_TRACE(interval.dump());
    const verify::Question question = question_of(subject.network(), interval);
    const bool proven = !interval["answered_low"].is_null();
    const Enumerated all = enumerate(question, interval, [&](model::Pair pair) {
      if (proven) expect_answered(dissect, subject.decoder().layout, question.step, pair);
    });
    EXPECT_EQ(interval["pairs"], std::to_string(all.pairs));
    EXPECT_LE(interval["low"].get<double>(), all.low + kRounding);
    EXPECT_GE(interval["high"].get<double>(), all.high - kRounding);
    if (question.heads == 1) {
      EXPECT_NEAR(interval["low"].get<double>(), all.low, kRounding);
      EXPECT_NEAR(interval["high"].get<double>(), all.high, kRounding);
      const model::Pair least{interval["low_a"], interval["low_b"]};
      EXPECT_NEAR(verify::output_near(question, least).u[interval["axis"].get<std::size_t>()], all.low,
                  kRounding);
    }
    if (proven) {
      EXPECT_LE(interval["answered_low"].get<double>(), all.low + kRounding);
      EXPECT_GE(interval["answered_high"].get<double>(), all.high - kRounding);
    }
  }
}

TEST(Decisions, RangesAreThoseOfEveryPair) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    expect_enumerated(subject_of(model::testing::random_decoder(random, {.digits = 1})));
  }
}

TEST(Decisions, APlantedAdderIsProvenWhereItsPairsLie) {
  const Subject subject = subject_of(model::planted_adder(2));
  expect_enumerated(subject);
  std::size_t proven = 0;
  for (const Json& interval : intervals(decisions(subject))) proven += !interval["answered_low"].is_null();
  EXPECT_GT(proven, 0u);
}

// Outputs anywhere on a stretch, the other axes as some pair of the class has them.
TEST(Decisions, TheTailAnswersTheDigitAllAlongItsStretch) {
  const Subject subject(model::load(CARRYSCOPE_SOURCE_DIR "/checkpoints/311.pt"));
  const model::Decoder& decoder = subject.decoder();
  model::Tail<double> tail(decoder);
  std::mt19937_64 random(5);
  std::size_t proven = 0, step_five = 0;
  for (const Json& interval : intervals(decisions(subject))) {
    if (interval["step"] != 5) continue;
    ++step_five;
    if (interval["answered_low"].is_null()) continue;
    ++proven;
    const verify::Question question = question_of(subject.network(), interval);
    const std::size_t axis = interval["axis"];
    for (int draw = 0; draw < 20; ++draw) {
      const model::Pair pair{interval[draw % 2 ? "low_a" : "high_a"],
                             interval[draw % 2 ? "low_b" : "high_b"]};
      std::vector<double> u = verify::output_near(question, pair).u;
      const double low = interval["answered_low"], high = interval["answered_high"];
      u[axis] = std::uniform_real_distribution(low, high)(random);
      Vector residual, logits(static_cast<std::size_t>(decoder.vocabulary));
      for (std::size_t i = 0; i < question.base.size(); ++i) {
        residual.push_back(question.base[i].mid());
        for (std::size_t k = 0; k < u.size(); ++k)
          residual[i] += u[k] * question.axis[k * question.base.size() + i];
      }
      tail.logits(residual, logits);
      const int token = decoder.layout.digit_tokens[interval["digit"].get<std::size_t>()];
      EXPECT_GT(margin_of(logits, token), 0) << interval.dump() << " at " << u[axis];
    }
  }
  EXPECT_EQ(step_five, 200u);
  EXPECT_EQ(proven, step_five);
}

}  // namespace
}  // namespace carryscope::analysis
