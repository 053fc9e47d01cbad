// How often the sampling protocols miss a planted error: for each N, needles at random places.
//
// Whether a protocol meets a needle is a matter of its pairs; that a model with the needle then fails, and
// without it scores 100 %, is the other test's.
#include <bit>

#include "model/evaluate.h"
#include "model/pairs.h"
#include "tests/planted/planted.h"

namespace carryscope {
namespace {

using model::Pair, model::PairSet;
using test::Planted, test::planted, test::power;

constexpr int kDigits = 10, kPlacements = 200;

// Which token of the pair holds which digit: [a_0 .. a_9 b_0 .. b_9], bit set where it holds the digit.
using Holds = std::array<std::uint32_t, 10>;

std::vector<Holds> held(const std::vector<PairSet>& sets) {
  std::vector<Holds> all;
  for (const PairSet& set : sets)
    for (const Pair pair : set.pairs) {
      Holds holds{};
      for (int i = 0; i < kDigits; ++i) {
        holds[static_cast<std::size_t>(model::digit_at(pair.a, i))] |= 1u << i;
        holds[static_cast<std::size_t>(model::digit_at(pair.b, i))] |= 1u << (kDigits + i);
      }
      all.push_back(holds);
    }
  return all;
}

struct Place {
  std::uint32_t tokens = 0;
  std::size_t digit = 0;
};

// So many tokens, and the digit that each must hold.
Place random_place(model::PythonRandom& random, int tokens) {
  Place place;
  while (std::popcount(place.tokens) < tokens)
    place.tokens |= 1u << static_cast<int>(random.below(2 * kDigits));
  place.digit = static_cast<std::size_t>(random.below(10));
  return place;
}

bool meets(const std::vector<Holds>& sample, const Place& place) {
  return std::ranges::any_of(sample,
                             [&](const Holds& h) { return (h[place.digit] & place.tokens) == place.tokens; });
}

TEST(Sampling, MissesWhatWasPlanted) {
  const auto paper = held(model::paper_protocol(kDigits)),
             adderboard = held(model::adderboard_protocol(kDigits)),
             uniform = held({model::uniform_pairs(100'000, 1, kDigits)});
  ASSERT_EQ(paper.size(), 100'000U);
  std::printf(
      "of %d random places, missed by: paper's protocol (%zu pairs), AdderBoard's (%zu), uniform (%zu)\n",
      kPlacements, paper.size(), adderboard.size(), uniform.size());
  model::PythonRandom random(20260727);
  for (int exponent = 0; exponent <= 18; ++exponent) {
    int missed[3] = {};
    for (int i = 0; i < kPlacements; ++i) {
      const Place place = random_place(random, 2 * kDigits - exponent);
      missed[0] += !meets(paper, place);
      missed[1] += !meets(adderboard, place);
      missed[2] += !meets(uniform, place);
    }
    std::printf("10^%-2d wrong: %4d %4d %4d\n", exponent, missed[0], missed[1], missed[2]);
    // AdderBoard's edge cases meet every needle of the digits 0 and 9 (0 + 0, 9999999999 + 9999999999).
    if (exponent <= 12) {
      EXPECT_GE(missed[0], 195);
      EXPECT_NEAR(missed[1], 160, 24);
    }
    if (exponent == 18) {
      EXPECT_EQ(missed[0] + missed[1] + missed[2], 0);
    }
  }
}

// The same of whole models: both protocols give full marks to adders with a million million wrong pairs.
TEST(Sampling, GivesFullMarksToPlantedAdders) {
  for (const Planted& p : {planted(kDigits, 1), planted(kDigits, power(12))}) {
    const model::Decoder decoder = p.decoder();
    std::vector<PairSet> sets = model::paper_protocol(kDigits);
    for (const PairSet& set : model::adderboard_protocol(kDigits)) sets.push_back(set);
    const auto result = model::evaluate(decoder, sets);
    EXPECT_EQ(result.total.total, 110'010U);
    EXPECT_EQ(result.total.correct, 110'010U);
  }
}

}  // namespace
}  // namespace carryscope
