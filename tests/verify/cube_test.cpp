// Cubes against enumeration of every pair, for one to three digits and random masks.
#include "verify/cube.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "model/error.h"
#include "tests/verify/random_cube.h"

namespace carryscope {
namespace {

using model::Pair;
using test::contains;
using test::random_cube;
using verify::count;
using verify::Cube;
using verify::to_string;

class CubeTest : public testing::Test {
 protected:
  std::mt19937_64 random_;
  void SetUp() override {
    const auto seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    random_.seed(seed);
  }
};

std::uint64_t enumerated(const Cube& cube) {
  std::uint64_t pairs = 0;
  test::for_each_pair(cube.digits, [&](Pair pair) { pairs += contains(cube, pair); });
  return pairs;
}

TEST_F(CubeTest, CountsWhatEnumerationFinds) {
  for (int round = 0; round < 400; ++round) {
    const Cube cube = random_cube(random_, 1 + round % 2);
    ASSERT_EQ(to_string(count(cube)), std::to_string(enumerated(cube))) << pattern(cube);
  }
  for (int round = 0; round < 2; ++round) {
    const Cube cube = random_cube(random_, 3);
    ASSERT_EQ(to_string(count(cube)), std::to_string(enumerated(cube))) << pattern(cube);
  }
}

TEST_F(CubeTest, CountsEverythingExactly) {
  EXPECT_EQ(to_string(count(Cube::everything(10))), "100000000000000000000");
  EXPECT_EQ(to_string(count(Cube::everything(18))), "1" + std::string(36, '0'));
  EXPECT_EQ(to_string(verify::all_pairs(18)), "1" + std::string(36, '0'));
}

TEST_F(CubeTest, RanksListEveryPairOnce) {
  for (int round = 0; round < 50; ++round) {
    const Cube cube = random_cube(random_, 1 + round % 2);
    std::set<Pair> listed;
    for (verify::Count rank = 0; rank < count(cube); ++rank) {
      const Pair pair = nth_pair(cube, rank);
      ASSERT_TRUE(contains(cube, pair));
      ASSERT_TRUE(cube.contains(pair));
      listed.insert(pair);
    }
    ASSERT_EQ(to_string(count(cube)), std::to_string(listed.size()));
  }
}

TEST_F(CubeTest, RanksBeyondTheLastAreRefused) {
  EXPECT_THROW(nth_pair(Cube::everything(2), 10000), model::BrokenInvariant);
}

TEST_F(CubeTest, IntersectionsHoldThePairsOfBoth) {
  for (int round = 0; round < 100; ++round) {
    const int digits = 1 + round % 2;
    const Cube x = random_cube(random_, digits), y = random_cube(random_, digits), both = intersect(x, y);
    test::for_each_pair(
        digits, [&](Pair pair) { ASSERT_EQ(contains(both, pair), contains(x, pair) && contains(y, pair)); });
  }
}

TEST_F(CubeTest, PatternsSayWhatIsFixed) {
  Cube cube = Cube::everything(3);
  EXPECT_EQ(pattern(cube), "a=...  b=...");
  cube.a[0] = verify::only(7);
  cube.b[2] = verify::only(1) | verify::only(2) | verify::only(3) | verify::only(9);
  EXPECT_EQ(pattern(cube), "a=..7  b=[1-39]..");
  cube.s[1] = verify::only(0);
  cube.c[3] = 2;
  EXPECT_EQ(pattern(cube), "a=..7  b=[1-39]..  s=..0.  c=1...");
}

}  // namespace
}  // namespace carryscope
