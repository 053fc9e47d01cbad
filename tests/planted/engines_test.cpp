// Every engine on adders with planted errors: each must find exactly the pairs that were planted. (Z3:
// prove_test.cpp.)
#include "model/error.h"
#include "model/evaluate.h"
#include "tests/planted/planted.h"
#include "tests/verify/brute_force.h"
#include "tests/verify/certified_model.h"
#include "verify/enumerate.h"
#include "verify/hunt.h"

namespace carryscope {
namespace {

using model::make_needle;
using test::expect_planted, test::pairs_in_any, test::Planted, test::planted, test::power;
using verify::Count, verify::Semantics, verify::to_string;

// Of 10^20: a single pair, some, and the most of the series.
const Count kSeries[] = {1, 1'001, power(12)};

// What the needles say, what the forward pass does, and what inclusion and exclusion counts, pair by pair.
TEST(Planted, AddersDoAsTheySay) {
  for (const Planted& p : {planted(1, 10, 1), planted(2, 1'021), planted(2, 0),
                           Planted{2, {make_needle(2, 2, 1, 7), make_needle(2, 3, 2, 7)}}}) {
    const model::Decoder decoder = p.decoder();
    const test::Truth truth = test::truth(decoder);
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < test::domain_size(p.digits); ++i) {
      bool right = true;
      for (const auto& step : truth.outcome) right = right && step[i] == test::Outcome::ahead;
      ASSERT_EQ(right, !p.wrong(test::pair_of(i, p.digits)));
      wrong += !right;
    }
    EXPECT_EQ(to_string(pairs_in_any(p.digits, p.needles)), to_string(wrong));
  }
}

TEST(Planted, HoldAsManyErrorsAsAskedFor) {
  for (const Count wrong : kSeries)
    EXPECT_EQ(to_string(pairs_in_any(10, planted(10, wrong).needles)), to_string(wrong));
  for (int exponent = 0; exponent <= 12; ++exponent)
    EXPECT_EQ(to_string(pairs_in_any(10, planted(10, power(exponent)).needles)), to_string(power(exponent)));
}

TEST(Planted, CertifyCountsThem) {
  for (const Count wrong : kSeries) expect_planted(planted(10, wrong));
  for (const int digits : {1, 2, 3}) {
    expect_planted({digits, {}});
    for (int free = 0; free < 2 * digits; ++free)
      expect_planted(planted(digits, power(free), free % (digits + 1)), free % (digits + 1));
  }
}

// Needles of different digits at the same place hit different pairs; equal ones the same.
TEST(Planted, CertifyCountsTheirUnion) {
  expect_planted({3, {make_needle(3, 2, 3, 7), make_needle(3, 4, 1, 2)}});
  expect_planted({3, {make_needle(3, 2, 1, 7), make_needle(3, 2, 3, 7)}}, 1);
  expect_planted({3, {make_needle(3, 2, 1, 7), make_needle(3, 4, 3, 7)}});
}

TEST(Planted, CertifyRefusesMoreHeadsThanItCanBound) {
  try {
    test::counted(planted(10, 120'301).decoder(), Semantics::float32);
    ADD_FAILURE() << "accepted";
  } catch (const model::InputError& error) {
    EXPECT_NE(
        std::string(error.what()).find("the attention output has rank 20; this engine bounds at most 16"),
        std::string::npos)
        << error.what();
  }
}

TEST(Planted, TheCheckerDerivesThem) {
  for (const Semantics semantics : {Semantics::real, Semantics::float32})
    for (const Planted& p : {planted(1, 11), planted(2, 101)}) {
      const test::CertifiedModel m = test::certified(p.decoder(), semantics);
      const verify::check::Report report = checked(m);
      EXPECT_EQ(to_string(report.total.wrong), to_string(pairs_in_any(p.digits, p.needles)));
      test::expect_same_counts(report.total, m.certification.pairs);
      for (std::size_t step = 0; step < report.steps.size(); ++step) {
        test::expect_same_counts(report.steps[step], m.certification.steps[step].own);
        EXPECT_EQ(to_string(report.first_failures[step]),
                  to_string(m.certification.steps[step].first_failures));
      }
      EXPECT_EQ(report.proven, report.leaves);
    }
}

TEST(Planted, EnumerationCountsThem) {
  for (const Count wrong : {Count{1}, Count{4'021}}) {
    const Planted p = planted(3, wrong);
    const verify::Enumeration result = verify::enumerate(p.decoder(), *verify::all_below(3, 3), {});
    EXPECT_EQ(to_string(result.wrong()), to_string(wrong));
    for (const auto& failure : result.examples) EXPECT_TRUE(p.wrong(failure.pair));
  }
}

// The cube around each needle: pairs that it hits, and pairs that it misses by one digit.
TEST(Planted, DecodingTellsThemFromTheirNeighbours) {
  model::PythonRandom random(7);
  for (const Count wrong : kSeries) {
    const Planted p = planted(10, wrong);
    const model::Decoder decoder = p.decoder();
    std::vector<model::Pair> pairs;
    for (const model::Needle& needle : p.needles)
      for (int i = 0; i < 400; ++i) pairs.push_back(test::random_pair(random, 10, needle, i % 2 == 1));
    const auto result = model::evaluate(decoder, {{"around the needles", pairs}});
    const auto planted_here = static_cast<std::uint64_t>(
        std::ranges::count_if(pairs, [&](model::Pair pair) { return p.wrong(pair); }));
    EXPECT_GE(planted_here, pairs.size() / 2);
    EXPECT_LT(planted_here, pairs.size());
    EXPECT_EQ(result.total.total - result.total.correct, planted_here);
    for (const auto& failure : result.failures) EXPECT_TRUE(p.wrong(failure.pair));
  }
}

TEST(Planted, TheHuntCountsThem) {
  for (const Count wrong : kSeries) {
    const Planted p = planted(10, wrong);
    const model::Decoder decoder = p.decoder();
    const auto all = verify::query::parse("a >= 0", decoder.layout);
    const verify::Hunt hunt = verify::hunt(decoder, all, {.random = 5, .smallest = true});
    EXPECT_EQ(to_string(hunt.least), to_string(wrong));
    EXPECT_EQ(to_string(hunt.most), to_string(wrong));
    EXPECT_GE(hunt.shown.size(), 1U);
    for (const verify::Match& match : hunt.shown) EXPECT_TRUE(match.holds && p.wrong(match.pair));
    std::string elsewhere = "a >= 0";
    for (const model::Needle& n : p.needles) elsewhere += " && b[0] != " + std::to_string(n.digit);
    EXPECT_EQ(to_string(verify::hunt(decoder, verify::query::parse(elsewhere, decoder.layout), {}).most),
              "0");
  }
}

}  // namespace
}  // namespace carryscope
