// The checker accepts what certify proves and derives the same counts; its folds against brute force.
#include "verify/check/check.h"

#include <gtest/gtest.h>

#include "tests/verify/accepted_models.h"
#include "tests/verify/certified_model.h"
#include "tests/verify/random_cube.h"
#include "tests/verify/random_models.h"
#include "verify/check/prover.h"
#include "verify/check/unite.h"

namespace carryscope {
namespace {

namespace check = verify::check;
using model::make_needle, model::planted_adder;
using test::certified, test::CertifiedModel, test::expect_same_counts, test::fresh_seed;
using verify::Semantics;

std::mt19937_64 seeded() {
  const std::uint64_t seed = fresh_seed();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return std::mt19937_64(seed);
}

check::Cube random_cube(std::mt19937_64& random, int digits) {
  check::Cube cube = check::Cube::everything(digits);
  for (int t = 0; t < cube.token_count(); ++t)
    if (random() % 2 == 0) cube.at(t) = static_cast<std::uint16_t>(cube.at(t) & (random() | random()));
  return cube;
}

check::Cube point(model::Pair pair, int digits) {
  check::Cube cube = check::Cube::everything(digits);
  for (int i = 0; i < digits; ++i) {
    cube.at(check::a_token(i)) = static_cast<std::uint16_t>(1 << model::digit_at(pair.a, i));
    cube.at(check::b_token(digits, i)) = static_cast<std::uint16_t>(1 << model::digit_at(pair.b, i));
  }
  return cube;
}

bool contains(const check::Cube& cube, model::Pair pair) {
  const int n = cube.digits;
  const auto carries = model::carries(pair, n);
  bool inside = true;
  for (int i = 0; i <= n; ++i) {
    const auto allows = [&](int token, int digit) { inside = inside && (cube.at(token) >> digit & 1); };
    if (i < n) allows(check::a_token(i), model::digit_at(pair.a, i));
    if (i < n) allows(check::b_token(n, i), model::digit_at(pair.b, i));
    allows(check::s_token(n, i), model::digit_at(pair.a + pair.b, i));
    allows(check::c_token(n, i), carries[static_cast<std::size_t>(i)]);
  }
  return inside;
}

TEST(Check, FoldsAgreeWithBruteForce) {
  std::mt19937_64 random = seeded();
  constexpr int kDigits = 2;
  std::uint64_t negative = 0, claimed = 0;
  for (int round = 0; round < 200; ++round) {
    const check::Cube cube = random_cube(random, kDigits);
    const auto any = [&] { return check::Term{static_cast<std::int64_t>(random() % 2001) - 1000, 0.0}; };
    check::Terms f(kDigits);
    f.constant = any();
    for (check::Term& term : f.token) term = any();
    check::Count pairs = 0, below = 0;
    std::optional<std::int64_t> best;
    test::for_each_pair(kDigits, [&](model::Pair pair) {
      if (!contains(cube, pair)) return;
      std::int64_t sum = f.constant.value;
      for (int i = 0; i <= kDigits; ++i) {
        const auto digit = [&](std::uint64_t v) { return model::digit_at(v, i); };
        if (i < kDigits) sum += f.at(check::a_token(i), digit(pair.a)).value;
        if (i < kDigits) sum += f.at(check::b_token(kDigits, i), digit(pair.b)).value;
        sum += f.at(check::s_token(kDigits, i), digit(pair.a + pair.b)).value;
      }
      ++pairs;
      below += sum < 0;
      if (!best || *best < sum) best = sum;
    });
    ASSERT_EQ(count(cube), pairs);
    const std::int64_t top = largest(cube, f).value;
    if (best)
      ASSERT_EQ(top, *best);
    else
      ASSERT_LT(top, -check::kLargestSum);
    ASSERT_LE(count_negative(cube, f, 64), below);
    ASSERT_EQ(count_negative(cube, f, 1 << 20), below);  // bins of width 1
    negative += static_cast<std::uint64_t>(below);
    claimed += static_cast<std::uint64_t>(count_negative(cube, f, 64));
  }
  EXPECT_GT(10 * claimed, 9 * negative);  // and little is missed
}

TEST(Check, UnionsAgreeWithBruteForce) {
  std::mt19937_64 random = seeded();
  constexpr int kDigits = 2, kGroups = 4;
  for (int round = 0; round < 15; ++round) {
    std::vector<check::Member> members;
    for (std::uint64_t i = random() % 100; i > 0; --i)
      members.push_back({random_cube(random, kDigits), static_cast<int>(random() % kGroups)});
    std::vector<check::Count> expected(kGroups + 1, 0);
    test::for_each_pair(kDigits, [&](model::Pair pair) {
      int best = kGroups;
      for (const check::Member& m : members)
        if (contains(m.cube, pair)) best = std::min(best, m.group);
      ++expected[static_cast<std::size_t>(best)];
    });
    ASSERT_EQ(check::unite(members, kGroups, kDigits, 100'000) == expected, true);
  }
  EXPECT_FALSE(check::unite({{restricted(check::Cube::everything(9), 4, 1), 0}}, 1, 9, 3));
}

TEST(Check, AcceptsRandomModelsReal) { test::accept_random_models(20, 1, Semantics::real); }
TEST(Check, AcceptsRandomModelsFloat32) { test::accept_random_models(20, 1, Semantics::float32); }

// Leaves that were once refused: cubes whose keys are all light beside others of the row; norms of one
// number.
TEST(Check, AcceptsWhatItOnceRefused) {
  for (const std::uint64_t seed : {3975963415u, 2057937029u, 372954839u, 2891731967u, 3477778402u,
                                   1447559702u, 1874714480u, 3785837662u}) {
    SCOPED_TRACE(seed);
    const auto m = certified(test::decoder_of(seed, 1), Semantics::float32);
    EXPECT_EQ(test::refusal(m.certificate, m.checkpoint), "");
  }
}

// An adder whose operands' keys weigh e^-80 of a key that holds nothing, their values magnified as much.
TEST(Check, AcceptsKeysThatWeighNothingBesideAnother) {
  model::Decoder d = planted_adder(1);
  model::Attention& a = *d.layers[0].attention;
  constexpr int kPlusPosition = 1, kSum = 1;  // between the operands; an axis of the residual
  const int length = a.score_bias_length;
  for (int query = d.layout.query_position(0); query < length; ++query)
    a.score_bias[static_cast<std::size_t>(query * length + kPlusPosition)] = 80.0;
  a.output.value[a.output.at(0, kSum)] = std::exp(80.0);
  const CertifiedModel m = certified(d, Semantics::real);
  ASSERT_EQ(verify::to_string(m.certification.pairs.correct), "100");
  EXPECT_EQ(test::refusal(m.certificate, m.checkpoint), "");
}

TEST(Check, CertificatesDependOnNoThreadCount) {
  const auto decoder = planted_adder(3, {make_needle(3, 3, 2)});
  EXPECT_EQ(certified(decoder, Semantics::real, 1).bytes, certified(decoder, Semantics::real, 3).bytes);
}

// A pair alone: the checker's verdict of single pairs against balls of some 70 digits. Nearly all that those
// tell are proven.
TEST(Check, SinglePairsAgreeWithHighPrecision) {
  const std::uint64_t seed = fresh_seed();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  const model::Decoder decoder = test::decoder_of(seed, 1);
  const test::Truth truth = test::truth(decoder);
  const check::Network network(test::checkpoint_of(decoder), check::Rounding(false, {}), "the model");
  std::uint64_t proven = 0, told = 0;
  for (int step = 0; step <= 1; ++step)
    for (const check::Question& q : questions(network, step)) {
      check::Prover prover(network, q);
      for (std::uint64_t i = 0; i < 100; ++i) {
        check::Cube cube = point(test::pair_of(i, 1), 1);
        for (int t = 0; t < cube.token_count(); ++t)
          cube.at(t) = static_cast<std::uint16_t>(cube.at(t) & q.domain.at(t));
        if (count(cube) == 0) continue;
        const test::Outcome outcome = truth.outcome[static_cast<std::size_t>(step)][i];
        const bool correct = prover.proves(cube, check::Verdict::correct);
        const bool wrong = prover.proves(cube, check::Verdict::wrong);
        ASSERT_TRUE(!correct || outcome == test::Outcome::ahead);
        ASSERT_TRUE(!wrong || outcome == test::Outcome::behind);
        proven += correct || wrong;
        told += outcome == test::Outcome::ahead || outcome == test::Outcome::behind;
      }
    }
  EXPECT_GE(20 * proven, 19 * told);
}

}  // namespace
}  // namespace carryscope
