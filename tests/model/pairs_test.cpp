// Pair sets against the published hashes, and carry classes against brute force.
#include "model/pairs.h"

#include <array>
#include <bit>
#include <fstream>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <openssl/sha.h>
#include <nlohmann/json.hpp>

#include "model/error.h"
#include "model/pair_classes.h"
#include "model/python_random.h"
#include "model/torch_random.h"

namespace carryscope::model {
namespace {

std::string sha256_of_le_int64(const std::vector<std::uint64_t>& values) {
  static_assert(std::endian::native == std::endian::little);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(values.data()), values.size() * sizeof(std::uint64_t),
         digest.data());
  std::string hex;
  for (const unsigned char byte : digest)
    for (const int half : {byte >> 4, byte & 15}) hex += "0123456789abcdef"[half];
  return hex;
}

std::vector<std::uint64_t> column(const std::vector<Pair>& pairs, std::uint64_t Pair::*operand) {
  std::vector<std::uint64_t> values;
  for (const Pair& pair : pairs) values.push_back(pair.*operand);
  return values;
}

class Goldens : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(CARRYSCOPE_SHARED_DIR "/goldens/test_sets.json");
    if (!file) GTEST_SKIP() << CARRYSCOPE_SHARED_DIR "/goldens/test_sets.json is not there";
    goldens_ = nlohmann::json::parse(file);
  }
  nlohmann::json goldens_;
};

TEST_F(Goldens, PaperProtocolIsBitIdentical) {
  ASSERT_EQ(goldens_["seeds"].size(), kPaperSeeds.size());
  const std::vector<PairSet> sets = paper_protocol(10);
  for (std::size_t i = 0; i < kPaperSeeds.size(); ++i) {
    const auto& golden = goldens_["seeds"][std::to_string(kPaperSeeds[i])];
    const PaperSplit split = paper_split(kPaperSeeds[i], 10);
    EXPECT_EQ(sets[i].pairs, split.test);
    EXPECT_EQ(split.validation.size(), goldens_["val_size"]);
    EXPECT_EQ(split.test.size(), goldens_["test_size"]);
    EXPECT_EQ(sha256_of_le_int64(column(split.validation, &Pair::a)),
              golden["val_a_sha256"].get<std::string>());
    EXPECT_EQ(sha256_of_le_int64(column(split.test, &Pair::a)), golden["test_a_sha256"].get<std::string>());
    EXPECT_EQ(sha256_of_le_int64(column(split.test, &Pair::b)), golden["test_b_sha256"].get<std::string>());
  }
}

TEST_F(Goldens, AdderboardProtocolIsBitIdentical) {
  const auto& golden = goldens_["adderboard"];
  const std::vector<PairSet> sets = adderboard_protocol(10);
  ASSERT_EQ(sets.size(), 2U);
  const std::vector<Pair> edges{{0, 0},
                                {0, 1},
                                {9999999999, 0},
                                {9999999999, 1},
                                {9999999999, 9999999999},
                                {5000000000, 5000000000},
                                {1111111111, 8888888889},
                                {1234567890, 9876543210},
                                {9999999999, 9999999999},
                                {1, 9999999999}};
  EXPECT_EQ(sets[0].pairs, edges);
  std::vector<std::uint64_t> interleaved;
  for (const Pair& pair : sets[1].pairs) interleaved.insert(interleaved.end(), {pair.a, pair.b});
  EXPECT_EQ(sets[1].pairs.size(), golden["pairs"]);
  EXPECT_EQ(sha256_of_le_int64(interleaved), golden["sha256_of_le_int64_a_b_interleaved"].get<std::string>());
}

TEST(Pairs, ProtocolsFitEveryNumberOfDigits) {
  for (int digits = 1; digits <= kMaxDigits; ++digits) {
    for (const PairSet& set : adderboard_protocol(digits))
      for (const Pair& pair : set.pairs) ASSERT_LT(std::max(pair.a, pair.b), power_of_ten(digits));
    if (digits <= 2) {
      EXPECT_THROW(paper_split(41, digits), InputError);
      continue;
    }
    const PaperSplit split = paper_split(41, digits);
    std::set<Pair> all(split.validation.begin(), split.validation.end());
    all.insert(split.test.begin(), split.test.end());
    EXPECT_EQ(all.size(), 15000U) << "a repeat at " << digits << " digits";
    EXPECT_LT(std::max_element(all.begin(), all.end())->a, power_of_ten(digits));
  }
}

class ListedOnce : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Pairs, ListedOnce, testing::Values(1, 2, 3));

TEST_P(ListedOnce, EveryCascadeClassAndCarryPattern) {
  const int digits = GetParam();
  const std::uint64_t below = power_of_ten(digits);
  std::map<int, std::set<Pair>> cascades;
  std::map<std::uint32_t, std::set<Pair>> patterns;
  for (std::uint64_t a = 0; a < below; ++a)
    for (std::uint64_t b = 0; b < below; ++b) {
      const std::vector<int> carry = carries({a, b}, digits);
      std::uint32_t pattern = 0;
      for (std::size_t i = 0; i < carry.size(); ++i) pattern |= static_cast<std::uint32_t>(carry[i]) << i;
      patterns[pattern].insert({a, b});
      cascades[cascade_class({a, b}, digits)].insert({a, b});
    }
  const auto expect_listed = [](const PairClass& made, const std::set<Pair>& expected) {
    ASSERT_EQ(static_cast<std::uint64_t>(made.size()), expected.size());
    std::set<Pair> listed;
    for (Count i = 0; i < made.size(); ++i) listed.insert(made.at(i));
    EXPECT_EQ(listed, expected);
  };
  ASSERT_EQ(cascades.size(), static_cast<std::size_t>(digits) + 1);
  ASSERT_EQ(patterns.size(), std::size_t{1} << digits);
  for (const auto& [k, pairs] : cascades) expect_listed(PairClass::of_cascade(k, digits), pairs);
  for (const auto& [pattern, pairs] : patterns) expect_listed(PairClass::of_carries(pattern, digits), pairs);
}

TEST(Pairs, ClassesTileTheWholeSpace) {
  for (int digits = 1; digits <= kMaxDigits; ++digits) {
    const Count whole = Count{power_of_ten(digits)} * power_of_ten(digits);
    Count cascades = 0, patterns = 0;
    for (int k = 0; k <= digits; ++k) cascades += PairClass::of_cascade(k, digits).size();
    EXPECT_TRUE(cascades == whole) << digits;
    if (digits > 12) continue;
    for (std::uint32_t pattern = 0; pattern < 2U << digits; pattern += 2)
      patterns += PairClass::of_carries(pattern, digits).size();
    EXPECT_TRUE(patterns == whole) << digits;
  }
}

TEST(Pairs, SamplesBelongToTheirClassAndSpreadEvenly) {
  for (const int digits : {1, 4, 10, 18})
    for (int k = 0; k <= digits; ++k)
      for (const Pair& pair : PairClass::of_cascade(k, digits).sample(500, 7))
        ASSERT_EQ(cascade_class(pair, digits), k);
  // Two digits, class 1: a chi-square over all its pairs, seed fixed.
  const PairClass made = PairClass::of_cascade(1, 2);
  const auto size = static_cast<std::size_t>(made.size());
  std::map<Pair, int> seen;
  for (const Pair& pair : made.sample(100 * size, 7)) ++seen[pair];
  ASSERT_EQ(seen.size(), size);
  double chi = 0;
  for (const auto& [pair, times] : seen) chi += (times - 100.0) * (times - 100.0) / 100.0;
  const double freedom = static_cast<double>(size) - 1;
  EXPECT_NEAR(chi, freedom, 5 * std::sqrt(2 * freedom));
}

// Python 3.11: random.Random(seed).getrandbits(k) / randrange(n), printed once.
TEST(Pairs, PythonRandomMatchesPython) {
  EXPECT_EQ(static_cast<std::uint64_t>(PythonRandom(0).bits(32)), 3626764237U);
  PythonRandom large(0x123456789abcdef0);
  EXPECT_EQ(static_cast<std::uint64_t>(large.bits(64)), 10837797779747387256U);
  PythonRandom wide(42);
  EXPECT_TRUE(wide.bits(100) == (Count{47352060625U} << 64 | 2053695854357871005U));
  PythonRandom ranged(7);
  EXPECT_EQ(static_cast<std::uint64_t>(ranged.below(1000003)), 339563U);
}

// torch 1.13: torch.randint(0, n, (2,), generator=torch.Generator().manual_seed(5)), printed once.
TEST(Pairs, TorchRandomMatchesTorchOnBothSidesOf32Bits) {
  TorchRandom narrow(5), wide(5);
  EXPECT_EQ((std::array{narrow.below(1000), narrow.below(1000)}), (std::array<std::uint64_t, 2>{411, 814}));
  EXPECT_EQ((std::array{wide.below(5000000000), wide.below(5000000000)}),
            (std::array<std::uint64_t, 2>{3741643470, 2503177917}));
}

}  // namespace
}  // namespace carryscope::model
