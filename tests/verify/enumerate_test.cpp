// Enumeration against plain loops, against what certify proves, and across interruptions.
#include "verify/enumerate.h"

#include <gtest/gtest.h>

#include "model/greedy.h"
#include "model/planted.h"
#include "tests/model/checkpoint_files.h"
#include "tests/model/random_decoder.h"
#include "tests/verify/enumerated.h"
#include "tests/verify/noisy_adder.h"

namespace carryscope {
namespace {

using model::Decoder, model::Pair;
using verify::all_below, verify::enumerate, verify::Enumeration, verify::EnumerateOptions, verify::Journal,
    verify::random_pairs;

// Each pair by the plain forward pass, its first wrong digit found by arithmetic on the numbers.
std::vector<std::uint64_t> plain_counts(const Decoder& decoder, const std::vector<Pair>& pairs) {
  const auto greedy = model::make_forward_greedy(decoder);
  const model::Layout& layout = decoder.layout;
  std::vector<std::uint64_t> wrong(static_cast<std::size_t>(layout.answer_digits()));
  std::vector<int> tokens(static_cast<std::size_t>(layout.steps()));
  for (const Pair& pair : pairs) {
    greedy->decode(std::span(&pair, 1), tokens);
    for (std::size_t step = 0; step < wrong.size(); ++step) {
      const int digit = model::digit_at(pair.a + pair.b, layout.answer[step].place);
      if (tokens[step] == layout.digit_tokens[static_cast<std::size_t>(digit)]) continue;
      ++wrong[step];
      break;
    }
  }
  return wrong;
}

std::vector<Pair> all_below_100() {
  std::vector<Pair> pairs;
  for (std::uint64_t a = 0; a < 100; ++a)
    for (std::uint64_t b = 0; b < 100; ++b) pairs.push_back({a, b});
  return pairs;
}

// Mostly right, so that failures have different first steps.
Decoder noisy(int digits) {
  model::testing::Random random(6);
  return test::noisy_adder(random, digits);
}

void expect_same(const Enumeration& x, const Enumeration& y) {
  EXPECT_EQ(x.counted.pairs, y.counted.pairs);
  EXPECT_EQ(x.counted.done, y.counted.done);
  EXPECT_EQ(x.first_failures, y.first_failures);
  ASSERT_EQ(x.examples.size(), y.examples.size());
  for (std::size_t i = 0; i < x.examples.size(); ++i) {
    EXPECT_EQ(x.examples[i].pair, y.examples[i].pair);
    EXPECT_EQ(x.examples[i].tokens, y.examples[i].tokens);
  }
}

TEST(Enumerate, CountsWhatAPlainLoopCounts) {
  model::testing::Random random(11);
  for (const Decoder& decoder : {noisy(2), model::testing::random_decoder(random, {.digits = 2})}) {
    const Enumeration result = enumerate(decoder, *all_below(2, 2));
    EXPECT_TRUE(result.complete());
    EXPECT_EQ(result.counted.done, 10'000u);
    EXPECT_EQ(result.first_failures, plain_counts(decoder, all_below_100()));
    EXPECT_GT(result.wrong(), 0u);
    EXPECT_EQ(result.examples.size(), std::min<std::uint64_t>(result.wrong(), verify::kExamples));
  }
}

TEST(Enumerate, FindsEveryPlantedPairAndNoOther) {
  const model::Needle needle = model::make_needle(3, 2, 1);
  const Enumeration result = enumerate(model::planted_adder(3, {needle}), *all_below(3, 3), {.threads = 2});
  EXPECT_EQ(result.counted.done, 1'000'000u);
  EXPECT_EQ(result.first_failures, (std::vector<std::uint64_t>{0, 100, 0, 0}));
  for (const auto& failure : result.examples) EXPECT_TRUE(needle.hits(failure.pair));
}

TEST(Enumerate, ARandomSampleIsThatOfItsSeedAndHasUnevenShards) {
  const Decoder decoder = noisy(3);
  const auto domain = random_pairs(2 * verify::kShardPairs + 7, 5, 3);
  std::vector<model::PairSet> parts;
  for (std::uint64_t shard = 0; shard < 3; ++shard)
    parts.push_back(
        model::uniform_pairs(shard < 2 ? verify::kShardPairs : 7, 5 * (std::uint64_t{1} << 32) + shard, 3));
  const model::Evaluation evaluation = model::evaluate(decoder, parts);
  std::vector<std::uint64_t> wrong(4);
  for (const auto& failure : evaluation.failures) ++wrong[static_cast<std::size_t>(failure.first_wrong_step)];
  const Enumeration result = enumerate(decoder, *domain);
  EXPECT_EQ(result.counted.done, evaluation.total.total);
  EXPECT_EQ(result.first_failures, wrong);
  expect_same(result, enumerate(decoder, *domain, {.threads = 3}));
  EXPECT_NE(result.first_failures, enumerate(decoder, *random_pairs(domain->pairs(), 6, 3)).first_failures);
}

TEST(Enumerate, LiesWithinWhatCertifyProves) {
  for (const int digits : {1, 2}) test::expect_within_certified(noisy(2), *all_below(digits, 2));
}

// In float32 by blocks, in float64 by tables: both count what plain decoding of each pair counts.
TEST(Enumerate, TheBlockKernelCountsWhatPairsCount) {
  constexpr std::uint64_t kSeed = 31;
  model::testing::Random random(kSeed);
  int taken = 0;
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(::testing::Message() << "seed " << kSeed << ", round " << round);
    model::testing::RandomModel wanted{.digits = 2};
    if (round % 2 == 0) wanted.dtype = model::Precision::float32;
    const Decoder decoder = model::testing::random_decoder(random, wanted);
    const Enumeration result = enumerate(decoder, *all_below(2, 2));
    taken += result.slow.empty();
    std::vector<std::uint64_t> wrong(3);
    for (const auto& failure : model::evaluate(decoder, {{"", all_below_100()}}).failures)
      ++wrong[static_cast<std::size_t>(failure.first_wrong_step)];
    EXPECT_EQ(result.first_failures, wrong);
  }
  EXPECT_GT(taken, 3);
  EXPECT_LT(taken, 7);
}

class Resumed : public ::testing::Test {
 protected:
  // Ends after so many shards, or never.
  Enumeration run(std::uint64_t shards) {
    Journal journal(path_, verify::enumerate_header("an adder", *domain_));
    std::atomic<bool> interrupted = false;
    EnumerateOptions options{.threads = 2, .journal = &journal, .interrupted = &interrupted, .progress = {}};
    std::uint64_t finished = 0;
    options.progress = [&](const verify::EnumerateProgress&) { interrupted = ++finished >= shards; };
    return enumerate(decoder_, *domain_, options);
  }
  std::string refusal() {
    return model::testing::refusal([&] { run(1000); });
  }

  model::testing::Folder folder_;
  std::string path_ = folder_ / "journal";
  Decoder decoder_ = noisy(3);
  verify::Domain domain_ = random_pairs(205'000, 1, 3);
};

TEST_F(Resumed, EqualsTheWhole) {
  const Enumeration whole = enumerate(decoder_, *domain_);
  Enumeration part = run(2);
  EXPECT_FALSE(part.complete());
  EXPECT_GE(part.counted.done, 2 * verify::kShardPairs);
  const std::uint64_t before = part.counted.done;
  model::testing::put(path_, model::testing::content(path_) + "7 1 0");  // torn by a power cut
  part = run(3);
  EXPECT_EQ(part.counted.resumed, before);
  part = run(1000);
  EXPECT_TRUE(part.complete());
  EXPECT_GT(part.counted.resumed, before);
  expect_same(part, whole);
  expect_same(run(1000), whole);  // nothing left to do
}

TEST_F(Resumed, AJournalThatWasHardlyBegunIsBegunAgain) {
  model::testing::put(path_, "carryscope enum");
  expect_same(run(1000), enumerate(decoder_, *domain_));
}

TEST_F(Resumed, OnlyItsOwnJournalIsTaken) {
  run(1);
  const std::string journal = model::testing::content(path_);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = journal;
    text.replace(text.find(from), from.size(), to);
    model::testing::put(path_, text);
    std::string sentence = refusal();
    EXPECT_EQ(model::testing::content(path_), text) << "left as it was";
    return sentence;
  };
  const auto says = [](const std::string& sentence, const char* part) {
    return sentence.find(part) != std::string::npos;
  };
  EXPECT_TRUE(says(with("an adder", "another"), "line 2 is 'model another', expected 'model an adder'"));
  EXPECT_TRUE(says(with("seed 1", "seed 2"), "line 3 is 'domain random 205000 seed 2'"));
  EXPECT_TRUE(says(with("carryscope", "PK"), "line 1"));
  const std::string shard = journal.substr(journal.find("seed 1\n") + 7);
  const std::string first = shard.substr(0, shard.find('\n') + 1);
  EXPECT_TRUE(says(with(first, first + first), "once more"));
  for (const char* line : {"11 0 0 0 0\n", "0 0 0 0\n", "0 0 0 0 0 5\n", "0 0 0 0 1\n", "0 0 0 0 1 1000 0\n",
                           "0 0 0 -1 0\n", "0  0 0 0 0\n", "\n", "0 20001 0 0 0\n", "a 0 0 0 0\n",
                           "10 5001 0 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"})
    EXPECT_TRUE(says(with(first, line), "no shard of this domain")) << line;
}

TEST_F(Resumed, APairThatIsNotWrongIsNoticed) {
  model::testing::put(path_, verify::enumerate_header("an adder", *domain_) + "0 0 0 1 0 0 0\n");
  decoder_ = model::planted_adder(3);
  EXPECT_NE(refusal().find("calls wrong is not"), std::string::npos);
}

TEST_F(Resumed, OneProgramAtATimeWritesAJournal) {
  const Journal held(path_, verify::enumerate_header("an adder", *domain_));
  EXPECT_NE(refusal().find("another program"), std::string::npos);
}

}  // namespace
}  // namespace carryscope
