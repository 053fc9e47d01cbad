// The domains of enumeration against brute force over all pairs of few digits, and patterns read back.
#include "verify/pair_domain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "model/pairs.h"
#include "tests/model/checkpoint_files.h"
#include "tests/model/random_decoder.h"
#include "tests/verify/random_cube.h"
#include "verify/cube_pattern.h"

namespace carryscope::verify {
namespace {

using model::Pair, model::PairBlock;

std::vector<Pair> pairs_of(const PairDomain& domain, int digits) {
  std::vector<Pair> pairs;
  PairBlock block(digits, kShardPairs);
  for (std::uint64_t shard = 0; shard < domain.shards(); ++shard) {
    domain.fill(shard, block);
    EXPECT_EQ(block.count, domain.pairs_of(shard));
    for (std::size_t i = 0; i < block.count; ++i) pairs.push_back(block.pair(i));
  }
  EXPECT_EQ(pairs.size(), domain.pairs());
  return pairs;
}

template <class Test>
std::vector<Pair> brute_force(std::uint64_t limit, const Test& test) {
  std::vector<Pair> pairs;
  for (std::uint64_t a = 0; a < limit; ++a)
    for (std::uint64_t b = 0; b < limit; ++b)
      if (test(Pair{a, b})) pairs.push_back({a, b});
  return pairs;
}

std::vector<Pair> sorted(std::vector<Pair> pairs) {
  std::ranges::sort(pairs);
  return pairs;
}

TEST(PairDomain, ShortOperandsAreAllThere) {
  EXPECT_EQ(sorted(pairs_of(*all_below(2, 5), 5)), brute_force(100, [](Pair) { return true; }));
  const std::vector<Pair> whole = pairs_of(*all_below(3, 3), 3);  // 50 shards
  EXPECT_EQ(sorted(whole), brute_force(1000, [](Pair) { return true; }));
  EXPECT_EQ(whole[12'345], (Pair{24, 135})) << "letters 0|1, 2|3, 4|5 from the highest place down";
}

TEST(PairDomain, ACubeHoldsItsPairsAndNoOther) {
  constexpr std::uint64_t kSeed = 41;
  model::testing::Random random(kSeed);
  int empty = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(::testing::Message() << "seed " << kSeed << ", round " << round);
    const Cube cube = test::random_cube(random, 2);
    const std::vector<Pair> expected = brute_force(100, [&](Pair pair) { return cube.contains(pair); });
    if (expected.empty()) {
      ++empty;
      EXPECT_NE(model::testing::refusal([&] { pairs_in(cube); }).find("no pair is in the cube"),
                std::string::npos);
      continue;
    }
    EXPECT_EQ(sorted(pairs_of(*pairs_in(cube), 2)), expected);
    EXPECT_EQ(parse_pattern(pattern(cube), 2), cube);
  }
  EXPECT_LT(empty, 50);
}

TEST(PairDomain, LargeCubesAreCountedAsCertifyCounts) {
  const Cube cube = parse_pattern("a=12[0-4]9..70.3 b=.05707[13-5]29. s=.....2..... c=.....1.....", 10);
  const Domain domain = pairs_in(cube);
  EXPECT_EQ(domain->pairs(), static_cast<std::uint64_t>(count(cube)));
  std::set<Pair> seen;
  for (const Pair& pair : pairs_of(*domain, 10)) {
    ASSERT_TRUE(cube.contains(pair)) << pair.a << " + " << pair.b;
    ASSERT_TRUE(seen.insert(pair).second);
  }
  EXPECT_NE(model::testing::refusal([] { pairs_in(Cube::everything(10)); }).find("at most 10^12"),
            std::string::npos);
}

TEST(PairDomain, RandomPairsAreThoseOfTheirSeed) {
  const std::vector<Pair> pairs = pairs_of(*random_pairs(kShardPairs + 3, 9, 4), 4);
  const auto second = model::uniform_pairs(3, (std::uint64_t{9} << 32) + 1, 4).pairs;
  EXPECT_TRUE(std::equal(second.begin(), second.end(), pairs.end() - 3));
}

// By the definition: the cascade at a place is the run of a place that generates without a carry in and of
// those above it that sum to 9.
int cascade_at(Pair pair, int place, int digits) {
  const auto sum = [&](int i) { return model::digit_at(pair.a, i) + model::digit_at(pair.b, i); };
  if (sum(place) < 10) return 0;
  int length = 1;
  while (place + length < digits && sum(place + length) == 9) ++length;
  return length;
}

TEST(PairDomain, EveryCascadeStandsUnderEveryCarryPattern) {
  constexpr int kDigits = 4;
  const std::vector<Pair> pairs = pairs_of(*carry_chains(0, kDigits), kDigits);
  using Key = std::tuple<int, int, int>;  // carries, place, length
  std::map<Key, std::set<std::array<int, 4>>> choices;
  for (const Pair& pair : pairs) {
    int carries = 0;
    for (int place = 0; place < kDigits; ++place)
      if (pair.a % model::power_of_ten(place + 1) + pair.b % model::power_of_ten(place + 1) >=
          model::power_of_ten(place + 1))
        carries |= 2 << place;
    for (int place = 0; place < kDigits; ++place) {
      const int length = carries >> place & 1 ? 0 : cascade_at(pair, place, kDigits);
      if (length == 0) continue;
      const auto digit = [&](std::uint64_t x, int i) { return i < kDigits ? model::digit_at(x, i) : 0; };
      choices[{carries, place, length}].insert({digit(pair.a, place), digit(pair.b, place),
                                                digit(pair.a, place + length),
                                                digit(pair.b, place + length)});
    }
  }
  int patterns = 0;
  for (int carries = 0; carries < 32; carries += 2)
    for (int place = 0; place < kDigits; ++place)
      for (int length = 1; place + length <= kDigits; ++length) {
        const int own = ((1 << length) - 1) << (place + 1);
        if ((carries & own) != own || carries >> place & 1) continue;
        ++patterns;
        EXPECT_EQ((choices[{carries, place, length}].size()), place + length == kDigits ? 45U : 45U * 45U)
            << carries << " " << place << " " << length;
      }
  EXPECT_GT(patterns, 30);
  EXPECT_EQ(pairs, pairs_of(*carry_chains(0, kDigits), kDigits));
  EXPECT_NE(pairs, pairs_of(*carry_chains(1, kDigits), kDigits));
}

TEST(CubePattern, BadPatternsAreRefusedWithTheirCharacter) {
  const auto says = [](const char* text, const char* part) {
    const std::string sentence = model::testing::refusal([&] { parse_pattern(text, 2); });
    EXPECT_NE(sentence.find(part), std::string::npos) << text << ": " << sentence;
  };
  says("a=1", "character 4: expected a digit, '.' or '['");
  says("a=123", "character 5: expected a space behind the 2 places of a");
  says("x=12", "character 1: expected a=, b=, s= or c=");
  says("a 12", "character 2: expected '='");
  says("a=12 a=12", "a only once");
  says("a=[1-", "character 6: expected a digit");
  says("a=[3-1].", "a range that goes up");
  says("a=[].", "expected a digit");
  EXPECT_EQ(parse_pattern("", 2), Cube::everything(2));
  EXPECT_EQ(parse_pattern("b=*7", 2), parse_pattern(" b=.7  ", 2));
}

}  // namespace
}  // namespace carryscope::verify
