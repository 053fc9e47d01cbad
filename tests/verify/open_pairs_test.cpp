// Open pairs: listed as enumeration finds them; and since every float32 program gets the proven pairs as they
// are proven, the reference's wrong pairs in all are the proven ones and those of the open pairs.
#include "verify/open_pairs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "model/greedy.h"
#include "tests/verify/brute_force.h"
#include "tests/verify/random_cube.h"
#include "tests/verify/random_models.h"
#include "verify/certify.h"

namespace carryscope {
namespace {

using verify::Count;
using verify::Deadline;
using verify::FailureDiagram;

TEST(OpenPairs, AreThoseOfTheGroups) {
  const std::uint64_t seed = test::fresh_seed();
  std::printf("CARRYSCOPE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const Deadline never(verify::kInfinity);
  for (int round = 0; round < 30; ++round) {
    const int digits = 1 + round % 2;
    FailureDiagram diagram(digits, 3, 100'000, never);
    std::vector<std::vector<verify::Cube>> cubes(3);
    auto root = diagram.nothing();
    for (int group = 0; group < 3; ++group) {
      for (int i = 0; i < 3; ++i)
        cubes[static_cast<std::size_t>(group)].push_back(test::random_cube(random, digits));
      root = diagram.smaller(root, diagram.of(cubes[static_cast<std::size_t>(group)], group));
    }
    const auto in = [&](std::size_t group, model::Pair pair) {
      return std::ranges::any_of(cubes[group], [&](const auto& cube) { return test::contains(cube, pair); });
    };
    std::vector<std::pair<std::uint64_t, std::uint64_t>> listed, expected;
    for (const model::Pair p : verify::additions_of(diagram, root, 1, 2)) listed.emplace_back(p.a, p.b);
    test::for_each_pair(digits, [&](model::Pair p) {
      if (!in(0, p) && (in(1, p) || in(2, p))) expected.emplace_back(p.a, p.b);
    });
    std::ranges::sort(listed);
    std::ranges::sort(expected);
    EXPECT_EQ(listed, expected);
  }
}

Count wrong_of_all(const model::Decoder& decoder) {
  const auto greedy = model::make_greedy(decoder);
  std::vector<int> tokens(static_cast<std::size_t>(decoder.layout.steps()));
  Count wrong = 0;
  test::for_each_pair(decoder.layout.digits, [&](model::Pair pair) {
    greedy->decode(std::span(&pair, 1), tokens);
    wrong += model::detokenise(decoder.layout, tokens) != pair.a + pair.b;
  });
  return wrong;
}

// Library functions that may be far off leave many pairs open.
TEST(OpenPairs, CompleteTheProvenOnes) {
  const std::uint64_t first = test::fresh_seed();
  std::printf("CARRYSCOPE_SEED=%llu\n", static_cast<unsigned long long>(first));
  verify::CertifyOptions options;
  options.semantics = verify::Semantics::float32;
  options.margin = false;
  const verify::LibraryUlps usual = verify::library_ulps();
  verify::set_library_ulps({.exp = 9'000, .erf = 9'000, .tanh = 9'000, .sqrt = 9'000, .sincos = 9'000});
  int asked = 0;
  for (std::uint64_t seed = first; seed < first + 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const model::Decoder decoder = test::decoder_of(seed, 1);
    const verify::Certification made = verify::certify(decoder, options);
    const Count open = made.pairs.rounding + made.pairs.undecided;
    ASSERT_EQ(made.by_reference.has_value(), open > 0);
    if (open == 0) continue;
    ++asked;
    EXPECT_EQ(verify::to_string(made.by_reference->wrong + made.by_reference->correct),
              verify::to_string(open));
    EXPECT_EQ(verify::to_string(made.pairs.wrong + made.by_reference->wrong),
              verify::to_string(wrong_of_all(decoder)));
  }
  verify::set_library_ulps(usual);
  std::printf("%d of 60 models had open pairs\n", asked);
  EXPECT_GT(asked, 0);
}

}  // namespace
}  // namespace carryscope
