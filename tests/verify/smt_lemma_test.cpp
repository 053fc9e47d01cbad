// Lemmas against every pair of small models: whoever takes no way out must not fail.
#include "verify/smt_lemma.h"

#include <gtest/gtest.h>

#include "tests/verify/random_models.h"
#include "tests/verify/random_question.h"

namespace carryscope {
namespace {

using test::Outcome;
using verify::Lemma;

bool escapes(const Lemma& lemma, model::Pair pair) {
  return std::ranges::any_of(lemma.escapes, [&](const verify::Threshold& t) {
    std::int64_t sum = 0;
    for (const auto& [token, weight] : t.terms)
      sum += weight[static_cast<std::size_t>(verify::digit_of(token, pair))];
    return sum >= t.bound;
  });
}

struct Tested {
  int lemmas = 0, excluded = 0, none = 0;
};

// One lemma about a random pair that does not fail, in a random cube around it or in the whole domain.
void check_lemma(const model::Decoder& decoder, std::mt19937_64& random, Tested& tested) {
  const test::Truth truth = test::truth(decoder);
  const auto question =
      test::upward([&] { return test::some_question<verify::Interval>(decoder, random()); });
  const verify::Cube cube = random() % 2 == 0 ? question.domain() : test::some_cube(random, question);
  const auto& outcome = truth.outcome[static_cast<std::size_t>(question.step)];
  const auto of = [&](model::Pair pair) { return outcome[test::index_of(pair, truth.digits)]; };
  const model::Pair pair = nth_pair(cube, random() % count(cube));
  if (of(pair) != Outcome::ahead) return;
  const auto lemma = test::upward([&] {
    verify::LemmaMaker maker(question, decoder);
    maker.enter(cube);
    return maker.exclude(pair);
  });
  if (!lemma) {
    ++tested.none;
    return;
  }
  ++tested.lemmas;
  EXPECT_FALSE(escapes(*lemma, pair));
  for (verify::Count i = 0; i < count(cube); ++i) {
    const model::Pair other = nth_pair(cube, i);
    if (verify::digit_of({model::Role::sum, question.target_place}, other) != lemma->digit) continue;
    if (escapes(*lemma, other)) continue;
    ++tested.excluded;
    ASSERT_EQ(of(other), Outcome::ahead) << other.a << " + " << other.b << " at step " << question.step;
  }
}

TEST(SmtLemma, WhoeverTakesNoWayOutIsRight) {
  const std::uint64_t seed = test::fresh_seed();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  Tested tested;
  for (std::uint64_t i = 0; i < 150 && !HasFatalFailure(); ++i) {
    SCOPED_TRACE("model " + std::to_string(i));
    check_lemma(test::decoder_of(3 * (seed / 3 + i), 1), random, tested);  // adders with noise
    check_lemma(test::decoder_of(seed + i, 1), random, tested);
  }
  std::printf("%d lemmas that exclude %d pairs, %d pairs without any\n", tested.lemmas, tested.excluded,
              tested.none);
  EXPECT_GT(tested.lemmas, 50);
  EXPECT_GT(tested.excluded, tested.lemmas + tested.lemmas / 2);
  EXPECT_LT(tested.none, tested.lemmas / 10);
}

}  // namespace
}  // namespace carryscope
