// What a GPU's thread does with a pair, run on the processor over the same grid, against BlockDecoder: the
// same first wrong step for every pair of a block of 10^4.
#define CARRYSCOPE_ISA tested  // a namespace of its own: the library's is compiled with other flags
#pragma GCC diagnostic ignored "-Wpsabi"
#include "verify/enumerate_thread.h"

#include <gtest/gtest.h>

#include "model/block_decoder.h"
#include "model/checkpoint/checkpoint.h"
#include "tests/model/checkpoint_files.h"
#include "tests/model/random_decoder.h"
#include "verify/thread_tables.h"

namespace carryscope::verify::tested {
namespace {

using model::Decoder, model::DecodeTables, model::PairBlock;

// Those of fixed sizes take their weights as a launch's constants.
template <class Sizes>
struct Tail {
  TailWeights weights;
  model::DecodeTail tail;
  explicit Tail(const model::DecodeTail& t) : weights(tail_weights(t)), tail(reading(weights, t)) {}
};
template <>
struct Tail<model::AnySizes> {
  model::DecodeTail tail;
  explicit Tail(const model::DecodeTail& t) : tail(t) {}
};

// The digits of a, then those of b, by place.
std::vector<std::uint8_t> digits_of(model::Pair pair, int digits) {
  std::vector<std::uint8_t> all;
  for (const std::uint64_t operand : {pair.a, pair.b})
    for (int place = 0; place < digits; ++place)
      all.push_back(static_cast<std::uint8_t>(model::digit_at(operand, place)));
  return all;
}

// Every `stride`-th pair of a thread's grid.
PairBlock pairs_of(model::Pair upper_of, int digits, int stride) {
  PairBlock block(digits, 10'000);
  for (int i = 0; i < 10'000; i += stride) {
    const auto low = [&](int tens, int ones) { return static_cast<std::uint64_t>(10 * tens + ones); };
    block.set(block.count++, {upper_of.a / 100 * 100 + low(i / 1000, i / 10 % 10),
                              upper_of.b / 100 * 100 + low(i / 100 % 10, i % 10)});
  }
  return block;
}

// Of every `stride`-th pair whose upper places are those of a and b.
template <class Sizes>
int expect_same(const Decoder& decoder, const DecodeTables& tables, model::Pair upper_of, int stride) {
  const FlatTables flat(tables);
  const ThreadTables t = flat.at(flat.memory().data());
  const Tail<Sizes> of(t.tail);
  const int digits = decoder.layout.digits, steps = digits + 1;
  const std::vector<std::uint8_t> upper = digits_of(upper_of, digits);
  std::vector<float> shared(static_cast<std::size_t>(steps * decoder.vocabulary * t.row_floats));
  for (int row = 0; row < steps * decoder.vocabulary; ++row)
    share_row(t, upper.data(), row, &shared[static_cast<std::size_t>(row * t.row_floats)]);

  const PairBlock block = pairs_of(upper_of, digits, stride);
  std::vector<std::uint8_t> tokens(static_cast<std::size_t>(steps) * block.stride);
  model::BlockDecoder(tables).decode(block, steps, tokens);

  int wrong = 0;
  for (std::size_t i = 0; i < block.count; ++i) {
    const model::Pair pair = block.pair(i);
    int expected = kNoneWrong;
    for (int step = steps - 1; step >= 0; --step) {
      const int digit =
          model::digit_at(pair.a + pair.b, decoder.layout.answer[static_cast<std::size_t>(step)].place);
      if (tokens[static_cast<std::size_t>(step) * block.stride + i] !=
          decoder.layout.digit_tokens[static_cast<std::size_t>(digit)])
        expected = step;
    }
    wrong += expected != kNoneWrong;
    EXPECT_EQ(
        (first_wrong_step<Sizes>(t, of.tail, shared.data(), upper.data(), static_cast<int>(i) * stride)),
        expected)
        << pair.a << " + " << pair.b;
    if (testing::Test::HasFailure()) break;
  }
  return wrong;
}

TEST(EnumerateThread, FindsTheFirstWrongStepsOfOurModel) {
  const Decoder decoder = model::load(std::string(CARRYSCOPE_SOURCE_DIR) + "/checkpoints/311.pt").decoder;
  const auto tables = DecodeTables::make(decoder);
  ASSERT_TRUE(tables);
  EXPECT_EQ((expect_same<model::FixedSizes<4, 8>>(decoder, *tables, {4932117400, 8067882500}, 3)), 0);
}

TEST(EnumerateThread, FindsTheFirstWrongStepsOfThePublicModel) {
  const std::string path = model::testing::shared_file("checkpoints/best_311p_s34.pt");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const Decoder decoder = model::load(path).decoder;
  const auto tables = DecodeTables::make(decoder);
  ASSERT_TRUE(tables);
  EXPECT_GT((expect_same<model::FixedSizes<4, 8>>(decoder, *tables, {9304630660, 8594408863}, 3)), 1000);
}

TEST(EnumerateThread, FindsThoseOfModelsOfEveryFeature) {
  constexpr std::uint64_t kSeed = 51;
  model::testing::Random random(kSeed);
  int taken = 0, refused = 0;
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(::testing::Message() << "seed " << kSeed << ", round " << round);
    const Decoder decoder =
        model::testing::random_decoder(random, {.digits = 2 + round % 3, .dtype = model::Precision::float32});
    const auto tables = DecodeTables::make(decoder);
    if (!tables) continue;
    if (decoder.layout.prompt.back().role != model::Role::fixed) {
      ++refused;
      EXPECT_NE(model::testing::refusal([&] { FlatTables flat(*tables); }).find("ends with a fixed token"),
                std::string::npos);
      continue;
    }
    ++taken;
    expect_same<model::AnySizes>(decoder, *tables, {3'700, 1'900}, 97);
  }
  EXPECT_GT(taken, 3);
  EXPECT_GT(refused, 3);
}

}  // namespace
}  // namespace carryscope::verify::tested
