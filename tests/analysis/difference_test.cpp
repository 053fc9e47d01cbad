// Differences of two models against decoding every pair of both; a model against itself.
#include "analysis/difference.h"

#include <gtest/gtest.h>

#include "model/error.h"
#include "model/planted.h"
#include "tests/model/random_decoder.h"

namespace carryscope::analysis {
namespace {

using verify::Count;

Subject subject(model::Decoder decoder) {
  model::Checkpoint checkpoint;
  checkpoint.decoder = std::move(decoder);
  return Subject(std::move(checkpoint));
}

Count enumerated(const Subject& x, const Subject& y) {
  const std::uint64_t end = model::power_of_ten(x.decoder().layout.digits);
  const auto answer = [](const Subject& s, model::Pair pair) {
    std::vector<int> tokens(static_cast<std::size_t>(s.decoder().layout.steps()));
    s.greedy().decode(std::span(&pair, 1), tokens);
    tokens.resize(static_cast<std::size_t>(s.decoder().layout.answer_digits()));
    return tokens;
  };
  Count differ = 0;
  for (model::Pair pair; pair.a < end; ++pair.a)
    for (pair.b = 0; pair.b < end; ++pair.b) differ += answer(x, pair) != answer(y, pair);
  return differ;
}

void expect_adds_up(const Difference& d, int digits) {
  EXPECT_EQ(verify::to_string(d.total), verify::to_string(verify::all_pairs(digits)));
  EXPECT_EQ(verify::to_string(d.alike + d.differ + d.undecided), verify::to_string(d.total));
  Count classes = 0;
  for (const DifferenceClass& c : d.classes) classes += c.pairs;
  EXPECT_EQ(verify::to_string(classes), verify::to_string(d.differ + d.undecided));
}

TEST(Difference, OfPlantedAddersIsWhatDecodingFinds) {
  const Subject right = subject(model::planted_adder(2, {})),
                needle = subject(model::planted_adder(2, {model::make_needle(2, 2, 1)})),
                other = subject(
                    model::planted_adder(2, {model::make_needle(2, 3, 0), model::make_needle(2, 2, 1)}));
  const std::pair<const Subject*, const Subject*> cases[] = {
      {&right, &needle}, {&needle, &right}, {&right, &other}, {&needle, &other}};
  for (const auto& [x, y] : cases) {
    const Difference d = difference(*x, *y);
    expect_adds_up(d, 2);
    const Count truth = enumerated(*x, *y);
    EXPECT_GT(truth, Count{0});
    EXPECT_TRUE(d.differ <= truth && truth <= d.differ + d.undecided);
    if (x == &right || y == &right) {
      EXPECT_EQ(verify::to_string(d.undecided), "0");
    }
    for (const DifferenceClass& c : d.classes) EXPECT_TRUE(c.alike == Alike::unknown || c.first != c.second);
  }
}

TEST(Difference, OfRandomModelsHoldsWhatDecodingFinds) {
  for (const std::uint64_t seed : {3u, 4u, 5u}) {
    SCOPED_TRACE(seed);
    model::testing::Random random(seed);
    const Subject x = subject(model::testing::random_decoder(random, {.digits = 1})),
                  y = subject(model::testing::random_decoder(random, {.digits = 1}));
    if (x.decoder().layout.answer != y.decoder().layout.answer ||
        x.decoder().layout.digit_tokens != y.decoder().layout.digit_tokens)
      continue;
    const Difference d = difference(x, y);
    expect_adds_up(d, 1);
    const Count truth = enumerated(x, y);
    EXPECT_TRUE(d.differ <= truth && truth <= d.differ + d.undecided) << seed;
  }
}

TEST(Difference, OfAModelAndItselfIsNowhereProven) {
  const Subject model = subject(model::planted_adder(3, {model::make_needle(3, 2, 1)}));
  const Difference d = difference(model, model);
  expect_adds_up(d, 3);
  EXPECT_EQ(verify::to_string(d.differ), "0");
  EXPECT_EQ(verify::to_string(d.undecided),
            "100");  // what is written after the first wrong digit is not searched
}

TEST(Difference, OtherAnswersAreRefused) {
  EXPECT_THROW(difference(subject(model::planted_adder(2, {})), subject(model::planted_adder(3, {}))),
               model::InputError);
}

}  // namespace
}  // namespace carryscope::analysis
