// Pairs whose margin is not above a given one, counted by the search and one by one in doubles.
#include <gtest/gtest.h>

#include "tests/verify/random_models.h"
#include "verify/certify.h"

namespace carryscope::test {
namespace {

constexpr double kNear = 1e-9;  // what doubles cannot tell

struct Counted {
  std::uint64_t below = 0, near = 0;
};

Counted count_tight(const Decoder& decoder, double above) {
  Counted counted;
  const std::uint64_t range = model::power_of_ten(decoder.layout.digits);
  Evaluation<double> exact(decoder);
  for (std::uint64_t a = 0; a < range; ++a)
    for (std::uint64_t b = 0; b < range; ++b) {
      exact.run({a, b});
      double least = std::numeric_limits<double>::infinity();
      for (int step = 0; step < decoder.layout.answer_digits(); ++step)
        least = std::min(least, exact.margin(step));
      counted.below += least < above - kNear;
      counted.near += std::abs(least - above) <= kNear;
    }
  return counted;
}

TEST(MarginCount, IsWhatCountingOneByOneGives) {
  const std::uint64_t first = fresh_seed();
  std::printf("seeds %llu and the next 11\n", static_cast<unsigned long long>(first));
  for (std::uint64_t seed = first; seed < first + 12; ++seed)
    for (const double above : {0.03, 0.5, 2.0}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", above " << above);
      const Decoder decoder = decoder_of(seed, 1);
      const Counted counted = count_tight(decoder, above);
      verify::CertifyOptions options;
      options.above = above;
      options.margin = false;
      const auto pairs = verify::certify(decoder, options).pairs;
      ASSERT_EQ(pairs.undecided, 0u);
      EXPECT_GE(pairs.wrong, counted.below);
      EXPECT_LE(pairs.wrong, counted.below + counted.near);
    }
}

}  // namespace
}  // namespace carryscope::test
