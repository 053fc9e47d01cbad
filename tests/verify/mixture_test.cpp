// Other distributions of operands against every pair of small models, and what a file of weights must hold.
#include "verify/mixture.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "model/error.h"
#include "model/greedy.h"
#include "model/planted.h"
#include "verify/certify.h"

namespace carryscope {
namespace {

using model::Pair;

struct Tally {
  double wrong = 0, total = 0;
};

// Of pairs that `holds`, those that plain decoding gets wrong.
template <class Holds>
Tally enumerate(const model::Decoder& decoder, const Holds& holds) {
  const auto greedy = model::make_forward_greedy(decoder);
  std::vector<int> tokens(static_cast<std::size_t>(decoder.layout.steps()));
  const std::uint64_t end = model::power_of_ten(decoder.layout.digits);
  Tally tally;
  for (Pair pair; pair.a < end; ++pair.a)
    for (pair.b = 0; pair.b < end; ++pair.b) {
      if (!holds(pair)) continue;
      greedy->decode(std::span(&pair, 1), tokens);
      tally.wrong += model::detokenise(decoder.layout, tokens) != pair.a + pair.b;
      ++tally.total;
    }
  return tally;
}

model::Decoder two_needles() {
  return model::planted_adder(2, {model::make_needle(2, 3, 0), model::make_needle(2, 1, 2, 3)});
}

verify::Certification certified(const model::Decoder& decoder, const std::string& name) {
  verify::CertifyOptions options;
  options.margin = false;
  options.mixture = verify::read_mixture(name, decoder.layout);
  return verify::certify(decoder, options);
}

// holds(part, pair) spells out the parts' conditions; all weights are 1.
template <class Holds>
void expect_as_enumerated(const std::string& name, int parts, const Holds& holds) {
  const model::Decoder decoder = two_needles();
  const auto result = certified(decoder, name);
  ASSERT_EQ(result.by_part.size(), static_cast<std::size_t>(parts));
  double share = 0;
  for (int part = 0; part < parts; ++part) {
    const Tally tally = enumerate(decoder, [&](Pair pair) { return holds(part, pair); });
    const verify::Counts& counts = result.by_part[static_cast<std::size_t>(part)].pairs;
    EXPECT_EQ(static_cast<double>(counts.total), tally.total) << part;
    EXPECT_EQ(static_cast<double>(counts.wrong), tally.wrong) << part;
    EXPECT_EQ(verify::to_string(counts.correct + counts.wrong), verify::to_string(counts.total));
    share += tally.wrong / tally.total / parts;
  }
  EXPECT_GT(share, 0);
  const verify::Interval proven = verify::wrong_share(result.by_part);
  EXPECT_LE(proven.lower(), share * (1 + 1e-12));
  EXPECT_GE(proven.upper(), share * (1 - 1e-12));
  EXPECT_LT(proven.width(), 1e-14);
}

TEST(Mixture, LengthsAreDrawnAlike) {
  expect_as_enumerated("lengths", 2, [](int part, Pair pair) {
    return pair.a < model::power_of_ten(part + 1) && pair.b < model::power_of_ten(part + 1);
  });
}

TEST(Mixture, CascadeClassesAreDrawnAlike) {
  expect_as_enumerated("cascades", 3,
                       [](int part, Pair pair) { return model::cascade_class(pair, 2) == part; });
}

std::string file_with(const std::string& text) {
  std::string path = testing::TempDir() + "weights-" + std::to_string(::getpid()) + ".json";
  std::ofstream(path) << text;
  return path;
}

TEST(Mixture, AFileWeighsItsConditions) {
  const model::Decoder decoder = two_needles();
  const auto result =
      certified(decoder, file_with(R"({"format": "carryscope-weights", "version": 1, "parts": [
        {"weight": 3, "where": "a == b"}, {"weight": 1, "where": "sum >= 100"}]})"));
  const Tally equal = enumerate(decoder, [](Pair p) { return p.a == p.b; });
  const Tally large = enumerate(decoder, [](Pair p) { return p.a + p.b >= 100; });
  const double share = (3 * equal.wrong / equal.total + large.wrong / large.total) / 4;
  EXPECT_NEAR(verify::wrong_share(result.by_part).mid(), share, 1e-14);
}

TEST(Mixture, UndecidedPairsWidenTheShare) {
  verify::PartCounts part{{2, "a == a"}, {100, 90, 1, 4, 5}};
  const verify::Interval share = verify::wrong_share({part});
  EXPECT_NEAR(share.lower(), 0.01, 1e-15);
  EXPECT_NEAR(share.upper(), 0.10, 1e-15);
}

TEST(Mixture, FilesAreReadStrictly) {
  const model::Layout layout = model::Layout::seeds(2);
  const std::string head = R"({"format": "carryscope-weights", "version": 1, "parts": )";
  const std::pair<std::string, const char*> refused[] = {
      {"{}", "format"},
      {R"({"format": "carryscope-weights", "version": 2, "parts": []})", "version"},
      {head + "[]}", "expected at least one"},
      {head + R"([{"weight": 0, "where": "a < b"}]})", "weight"},
      {head + R"([{"weight": 1, "where": "a <"}]})", "character 4"},
      {head + R"([{"weight": 1, "where": "error == 1"}]})", "about the model's answer"},
      {head + R"([{"weight": 1, "where": "a < b", "name": "x"}]})", "name"},
  };
  for (const auto& [text, complaint] : refused) {
    try {
      verify::read_mixture(file_with(text), layout);
      ADD_FAILURE() << text << " was accepted";
    } catch (const model::InputError& error) {
      EXPECT_NE(std::string(error.what()).find(complaint), std::string::npos) << text << ": " << error.what();
    }
  }
  EXPECT_THROW(verify::read_mixture("/nowhere/weights.json", layout), model::InputError);
}

TEST(Mixture, APartThatNoPairMeetsIsRefused) {
  const model::Decoder decoder = two_needles();
  EXPECT_THROW(certified(decoder, file_with(R"({"format": "carryscope-weights", "version": 1, "parts": [
                 {"weight": 1, "where": "a > 99"}]})")),
               model::InputError);
}

}  // namespace
}  // namespace carryscope
