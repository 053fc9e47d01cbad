// The memory of failing pairs, on a planted adder whose failures are known.
#include "train/failing_pairs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "model/error.h"
#include "model/planted.h"

namespace carryscope::train {
namespace {

constexpr int kDigits = 3;

verify::Certification certified(const std::vector<model::Needle>& needles) {
  verify::CertifyOptions options;
  options.margin = false;
  options.leaves = true;
  return verify::certify(model::planted_adder(kDigits, needles), options);
}

TEST(FailingPairs, OnlyPairsOfLeavesThatAreNotCorrectAreDrawn) {
  const std::vector<model::Needle> needles = {model::make_needle(kDigits, 2, 1, 7),
                                              model::make_needle(kDigits, 1, 3, 4)};
  const verify::Certification result = certified(needles);
  ASSERT_TRUE(result.exact);
  FailingPairs failing(5);
  failing.learn(result, 3000);
  EXPECT_GE(failing.cubes(), needles.size());
  CounterRandom random(9, 0);
  std::set<model::Pair> drawn;
  for (int i = 0; i < 5000; ++i) {
    const model::Pair pair = failing.draw(random);
    drawn.insert(pair);
    ASSERT_TRUE(std::ranges::any_of(needles, [&](const model::Needle& n) { return n.hits(pair); }))
        << pair.a << " + " << pair.b;
  }
  // Everything is proven, so what is not correct is what is wrong; and each of so few is drawn.
  EXPECT_EQ(drawn.size(), static_cast<std::size_t>(result.pairs.wrong));
}

// 100 pairs against one: by mass alone the one would be seen in a hundredth of the draws.
TEST(FailingPairs, ARareFailureIsSeenOften) {
  const model::Needle rare = model::make_needle(kDigits, 0, 0, 3);
  const verify::Certification result = certified({model::make_needle(kDigits, 2, 1, 7), rare});
  FailingPairs failing(5);
  failing.learn(result, 4000);
  CounterRandom random(1, 0);
  int seen = 0;
  for (int i = 0; i < 4000; ++i) seen += rare.hits(failing.draw(random));
  EXPECT_GT(seen, 4000 / (3 * static_cast<int>(failing.cubes())));
}

TEST(FailingPairs, ARightModelTeachesNothing) {
  FailingPairs failing(5);
  failing.learn(certified({}), 100);
  EXPECT_TRUE(failing.empty());
  EXPECT_EQ(failing.cubes(), 0u);
  CounterRandom random(1, 0);
  EXPECT_THROW(failing.draw(random), model::BrokenInvariant);
}

TEST(FailingPairs, OldOnesStayUntilNewOnesPushThemOut) {
  FailingPairs failing(5);
  const model::Pair old{1, 2}, fresh{3, 4};
  const auto share_of_old = [&] {
    CounterRandom random(7, 0);
    int olds = 0;
    for (int i = 0; i < 1000; ++i) olds += failing.draw(random) == old;
    return olds;
  };
  failing.learn(old, 20'000);
  failing.learn(fresh, 20'000);
  EXPECT_NEAR(share_of_old(), 500, 80);
  failing.learn(fresh, 30'000);  // the pool holds 60,000
  EXPECT_NEAR(share_of_old(), 167, 60);
  failing.learn(fresh, 60'000);
  EXPECT_EQ(share_of_old(), 0);
}

}  // namespace
}  // namespace carryscope::train
