// The smallest margin over a whole domain against every pair of it.
#include "verify/smallest_margin.h"

#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

using test::fresh_seed;
using verify::Semantics;

void expect_as_enumerated(const model::Decoder& decoder) {
  verify::CertifyOptions options;
  options.threads = 2;
  const auto smallest = certify(decoder, options).smallest;
  ASSERT_TRUE(smallest.has_value());
  test::Evaluation<double> doubles(decoder);
  double least = verify::kInfinity, attained = verify::kInfinity, size = 1.0;
  for (std::uint64_t i = 0; i < test::domain_size(decoder.layout.digits); ++i) {
    const model::Pair pair = test::pair_of(i, decoder.layout.digits);
    doubles.run(pair);
    for (int step = 0; step < decoder.layout.answer_digits(); ++step) {
      least = std::min(least, doubles.margin(step));
      size = std::max(size, doubles.largest(step));
      if (pair == smallest->pair && step == smallest->step) attained = doubles.margin(step);
    }
  }
  const double off = 1e-9 * size;  // far above what doubles are off by
  EXPECT_LE(smallest->margin.lower(), least + off);
  EXPECT_GE(smallest->margin.upper(), least - off);
  EXPECT_LE(smallest->margin.width(), 1e-6 + off);
  EXPECT_NEAR(attained, least, 1e-6 + off);
}

TEST(SmallestMargin, OfRandomModelsIsThatOfEveryPair) {
  const std::uint64_t seed = fresh_seed();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (std::uint64_t i = 0; i < 12; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed + i));
    expect_as_enumerated(test::decoder_of(seed + i, 1));
  }
}

TEST(SmallestMargin, OfAnAdderOfTwoDigitsIsThatOfEveryPair) {
  model::testing::Random random(5);
  expect_as_enumerated(test::noisy_adder(random, 2));
}

}  // namespace
}  // namespace carryscope
