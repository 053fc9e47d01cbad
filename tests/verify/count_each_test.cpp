// Counts of many cubes in one walk against a walk for each.
#include "verify/count_each.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/verify/random_cube.h"

namespace carryscope {
namespace {

using verify::Cube;
using verify::Deadline;
using verify::FailureDiagram;

constexpr int kGroups = 3;
constexpr std::size_t kNodes = 1'000'000;

class CountEach : public testing::Test {
 protected:
  std::mt19937_64 random_;
  const Deadline never_ = Deadline::never();
  void SetUp() override {
    const auto seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    random_.seed(seed);
  }

  std::vector<Cube> cubes(int digits, int count) {
    std::vector<Cube> made;
    for (int i = 0; i < count; ++i) made.push_back(test::random_cube(random_, digits));
    return made;
  }

  FailureDiagram::Ref random_root(FailureDiagram& diagram) {
    FailureDiagram::Ref root = diagram.nothing();
    for (int group = 0; group < kGroups; ++group)
      root =
          diagram.smaller(root, diagram.of(cubes(diagram.digits(), static_cast<int>(random_() % 4)), group));
    return root;
  }
};

std::vector<const Cube*> addresses(const std::vector<Cube>& cubes) {
  std::vector<const Cube*> all;
  for (const Cube& cube : cubes) all.push_back(&cube);
  return all;
}

// Some cubes agree on their low places, some are free in the middle.
TEST_F(CountEach, AgreesWithOneWalkEach) {
  for (int round = 0; round < 60; ++round) {
    const int digits = 1 + static_cast<int>(random_() % (round % 10 == 0 ? 18 : 5));
    FailureDiagram diagram(digits, kGroups, kNodes, never_);
    const FailureDiagram::Ref root = random_root(diagram);
    std::vector<Cube> asked = cubes(digits, 12);
    for (int i = 0; i < 12; ++i) {
      Cube like = asked[random_() % asked.size()];
      const std::size_t place = random_() % static_cast<std::size_t>(digits);
      like.a[place] = like.b[place] = like.s[place] = verify::kAnyDigit;
      asked.push_back(like);
    }
    std::uint64_t steps = UINT64_MAX;
    const auto counts = count_each(diagram, root, addresses(asked), never_, steps);
    ASSERT_EQ(counts.size(), asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i)
      ASSERT_EQ(verify::to_string(counts[i].value()),
                verify::to_string(diagram.count(root, asked[i])[kGroups]))
          << "round " << round << ", " << pattern(asked[i]);
  }
}

TEST_F(CountEach, SaysNothingOfWhatItDidNotReach) {
  FailureDiagram diagram(4, kGroups, kNodes, never_);
  Cube half = Cube::everything(4);
  half.a[2] = 0x1F;
  const std::vector<Cube> asked{half, Cube::everything(4)};
  const auto root = diagram.of({half}, 1);
  const Deadline over(0.0);
  std::uint64_t many = UINT64_MAX, none = 0;
  for (const auto& counts : {count_each(diagram, root, addresses(asked), over, many),
                             count_each(diagram, root, addresses(asked), never_, none)})
    for (const auto& count : counts) EXPECT_FALSE(count.has_value());
}

}  // namespace
}  // namespace carryscope
