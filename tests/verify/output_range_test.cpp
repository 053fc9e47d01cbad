// OutputRange against the attention outputs of single pairs: it holds them all, and not much more.
#include "verify/output_range.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/verify/random_question.h"

namespace carryscope {
namespace {

using test::RandomQuestion;
using verify::Box;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
};

// The range of one head's share over every pair of the cube.
Range enumerated(const RandomQuestion& r, int head, int axis) {
  Range range;
  for (verify::Count rank = 0; rank < count(r.cube); ++rank) {
    const double u = test::share_of(r.question, head, axis, nth_pair(r.cube, rank));
    range.low = std::min(range.low, u);
    range.high = std::max(range.high, u);
  }
  return range;
}

struct Slack {
  double sum = 0.0;
  int ranges = 0;
};

void compare(const RandomQuestion& r, Slack& slack) {
  for (int head = 0; head < r.question.heads; ++head)
    for (int axis = 0; axis < r.question.axes; ++axis) {
      const Range true_range = enumerated(r, head, axis);
      const Box& box = r.output.head[static_cast<std::size_t>(head)];
      const auto k = static_cast<std::size_t>(axis);
      const double low = box.centre[k] - box.half[k], high = box.centre[k] + box.half[k];
      double reach = 0.0;
      for (const double z : r.question.coordinate[k]) reach = std::max(reach, std::abs(z));
      ASSERT_LE(low, true_range.low + 1e-12 * reach);
      ASSERT_GE(high, true_range.high - 1e-12 * reach);
      if (reach == 0.0) continue;
      slack.sum += ((high - low) - (true_range.high - true_range.low)) / (2.0 * reach);
      ++slack.ranges;
    }
}

// The total over heads, as it was bounded jointly.
void compare_total(const RandomQuestion& r) {
  for (int axis = 0; axis < r.question.axes; ++axis)
    for (verify::Count rank = 0; rank < count(r.cube); ++rank) {
      double u = 0.0, size = 0.0;
      for (int head = 0; head < r.question.heads; ++head) {
        const double share = test::share_of(r.question, head, axis, nth_pair(r.cube, rank));
        u += share;
        size += std::abs(share);
      }
      const auto k = static_cast<std::size_t>(axis);
      ASSERT_LE(std::abs(u - r.output.total.centre[k]), r.output.total.half[k] + 1e-12 * size);
    }
}

TEST(OutputRange, HoldsEveryPairTightly) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  Slack slack;
  for (int round = 0; round < 150; ++round) {
    model::testing::RandomModel wanted;
    wanted.digits = 1 + round % 2;
    const auto r = test::random_question(random, verify::Semantics::real, wanted);
    compare(r, slack);
    compare_total(r);
    if (HasFatalFailure()) return;
  }
  std::printf("%d ranges, too wide by %.2g of the coordinates' reach on average\n", slack.ranges,
              slack.sum / slack.ranges);
  EXPECT_LT(slack.sum / slack.ranges, 0.03);
}

}  // namespace
}  // namespace carryscope
