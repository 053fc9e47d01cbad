// model/torch_random against the generator it imitates, whichever LibTorch this was built with.
#include "model/torch_random.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace carryscope::model {
namespace {

void expect_same_draws(std::uint64_t seed, std::uint64_t range) {
  constexpr std::int64_t kDraws = 700;  // more than the twister's 624 words
  auto generator = at::detail::createCPUGenerator(seed);
  const auto theirs = torch::randint(0, static_cast<std::int64_t>(range), {kDraws}, generator,
                                     torch::TensorOptions().dtype(torch::kInt64));
  const auto* expected = theirs.data_ptr<std::int64_t>();
  TorchRandom ours(seed);
  for (std::int64_t i = 0; i < kDraws; ++i)
    ASSERT_EQ(ours.below(range), static_cast<std::uint64_t>(expected[i]))
        << "seed " << seed << ", range " << range << ", draw " << i;
}

std::uint64_t power(int digits) {
  std::uint64_t range = 1;
  for (int i = 0; i < digits; ++i) range *= 10;
  return range;
}

TEST(TorchRandom, DrawsWhatRandintDraws) {
  for (const std::uint64_t seed : {0ULL, 41ULL, 31415ULL, 4294967295ULL, 4294967296ULL + 41})
    for (const int digits : {1, 2, 5, 8, 10, 11, 18}) expect_same_draws(seed, power(digits));
}

TEST(TorchRandom, ContinuesInTheNextCall) {
  auto generator = at::detail::createCPUGenerator(41);
  TorchRandom ours(41);
  for (const int digits : {10, 3, 10}) {
    const auto theirs = torch::randint(0, static_cast<std::int64_t>(power(digits)), {313}, generator,
                                       torch::TensorOptions().dtype(torch::kInt64));
    for (std::int64_t i = 0; i < 313; ++i)
      ASSERT_EQ(ours.below(power(digits)), static_cast<std::uint64_t>(theirs[i].item<std::int64_t>()))
          << digits << " digits, draw " << i;
  }
}

TEST(TorchRandom, NineDigitsFollowTheOldRule) {
  if (TORCH_VERSION_MAJOR >= 2)
    GTEST_SKIP() << "LibTorch 2 takes two draws from 2^28 on; the protocol was published with one";
  for (const std::uint64_t seed : {0ULL, 41ULL, 31415ULL}) expect_same_draws(seed, power(9));
}

}  // namespace
}  // namespace carryscope::model
