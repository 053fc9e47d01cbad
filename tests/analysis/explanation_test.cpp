// Records against enumeration: every pair of one- and two-digit models, by the plain forward pass.
#include <gtest/gtest.h>

#include <functional>

#include "analysis/analyses.h"
#include "analysis/anatomy.h"
#include "analysis/attention.h"
#include "analysis/attribution.h"
#include "analysis/thresholds.h"
#include "model/error.h"
#include "model/forward.h"
#include "model/pairs.h"
#include "model/planted.h"
#include "tests/model/random_decoder.h"

namespace carryscope::analysis {
namespace {

using model::testing::Random;

Subject random_subject(std::uint64_t seed, int digits, int layers = 1) {
  Random random(seed);
  model::Checkpoint checkpoint;
  checkpoint.decoder = model::testing::random_decoder(random, {.digits = digits, .layers = layers});
  return Subject(std::move(checkpoint), {.samples = 500});
}

void for_each_pair(int digits, const std::function<void(model::Pair)>& visit) {
  const std::uint64_t end = model::power_of_ten(digits);
  for (std::uint64_t a = 0; a < end; ++a)
    for (std::uint64_t b = 0; b < end; ++b) visit({a, b});
}

// What follows step's query in a true addition, and the tokens up to it.
struct Seen {
  std::vector<int> tokens;
  std::size_t query;
  Seen(const model::Layout& layout, model::Pair pair, int step)
      : tokens(model::tokenise(layout, pair)), query(static_cast<std::size_t>(layout.query_position(step))) {}
  std::span<const int> read() const { return std::span(tokens).first(query + 1); }
  int next() const { return tokens[query + 1]; }
};

TEST(Anatomy, AgreesWithTheForwardPass) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Subject subject = random_subject(seed, 2);
    const model::Decoder& d = subject.decoder();
    model::Forward<double> forward(d);
    const Anatomist dissect(subject.table());
    const Seen seen(d.layout, {seed % 100, 57}, 2);
    const std::vector<double> all = forward.logits(seen.read());
    const Anatomy anatomy = dissect(seen.read());
    for (std::size_t v = 0; v < anatomy.logits.size(); ++v)
      EXPECT_NEAR(anatomy.logits[v], all[all.size() - anatomy.logits.size() + v], 1e-10) << "seed " << seed;
  }
}

void expect_ranges_enumerated(const Subject& subject) {
  const model::Layout& layout = subject.decoder().layout;
  const Anatomist dissect(subject.table());
  const Json ranges = attention(subject)["ranges"];
  std::map<std::string, std::pair<double, double>> enumerated;  // step class head position -> min, max
  const auto key = [](int step, const std::string& name, std::size_t head, std::size_t position) {
    return std::to_string(step) + "|" + name + "|" + std::to_string(head) + "|" + std::to_string(position);
  };
  for (int step = 0; step < layout.answer_digits(); ++step)
    for_each_pair(layout.digits, [&](model::Pair pair) {
      const Anatomy anatomy = dissect(Seen(layout, pair, step).read());
      for (const CarryClass& c : carry_classes()) {
        const auto cube = cube_of(c, layout.answer[static_cast<std::size_t>(step)].place, layout.digits);
        if (!cube || !cube->contains(pair)) continue;
        for (std::size_t h = 0; h < anatomy.share.size(); ++h)
          for (std::size_t p = 0; p < anatomy.share[h].size(); ++p) {
            const double share = anatomy.share[h][p];
            auto& range = enumerated.try_emplace(key(step, c.name, h, p), share, share).first->second;
            range = {std::min(range.first, share), std::max(range.second, share)};
          }
      }
    });
  ASSERT_EQ(ranges["rows"].size(), enumerated.size());
  for (const Json& row : ranges["rows"]) {
    const auto& [least, most] = enumerated.at(key(row[0], row[1], row[2], row[3]));
    EXPECT_NEAR(row[5].get<double>(), least, 1e-12) << row.dump();
    EXPECT_NEAR(row[8].get<double>(), most, 1e-12) << row.dump();
    const Seen seen(layout, {row[6], row[7]}, row[0]);
    EXPECT_NEAR(dissect(seen.read()).share[row[2].get<std::size_t>()][row[3].get<std::size_t>()], least,
                1e-12);
  }
}

TEST(Attention, RangesAreThoseOfEveryPair) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_ranges_enumerated(random_subject(seed, 1));
  }
}

TEST(Attention, RangesOfTwoDigitsAreThoseOfEveryPair) { expect_ranges_enumerated(random_subject(11, 2)); }

// Each class holds the pairs that its name says, and the six are all of them.
TEST(Attention, ClassesDivideThePairs) {
  const int digits = 2, place = 2;
  for_each_pair(digits, [&](model::Pair pair) {
    const int sum = model::digit_at(pair.a, 1) + model::digit_at(pair.b, 1);
    const bool carry = model::carries(pair, digits)[1] == 1;
    const std::string expected = std::string(sum <= 8   ? "a+b<=8"
                                             : sum == 9 ? "a+b=9"
                                                        : "a+b>=10") +
                                 (carry ? ", carry in" : ", no carry in");
    std::string found;
    for (const CarryClass& c : carry_classes().subspan(1))
      if (cube_of(c, place, digits)->contains(pair)) found += c.name;
    ASSERT_EQ(found, expected) << pair.a << " + " << pair.b;
  });
}

// Roundings of a few dozen terms, each within an ulp of its size: 64 covers them with room.
constexpr double kUlps = 64;

void expect_parts_sum(const Subject& subject) {
  const model::Layout& layout = subject.decoder().layout;
  const Anatomist dissect(subject.table());
  for (const model::Pair pair : model::uniform_pairs(50, 3, layout.digits).pairs)
    for (int step = 0; step < layout.answer_digits(); ++step) {
      const Attribution a = attribute(subject.table(), dissect, Seen(layout, pair, step).read());
      ASSERT_LT(a.error_ulps, kUlps) << subject.decoder().name << " " << pair.a << " + " << pair.b;
    }
}

TEST(Attribution, PartsSumToTheLogits) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_parts_sum(random_subject(seed, 2));
  }
  model::Checkpoint planted;
  planted.decoder = model::planted_adder(4);
  expect_parts_sum(Subject(std::move(planted)));
  expect_parts_sum(Subject(model::load(CARRYSCOPE_SOURCE_DIR "/checkpoints/311.pt")));
}

TEST(Attribution, ThePartsOfAnExampleSumToItsTotal) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Subject subject = random_subject(seed, 2);
    const Json record = attribution(subject);
    std::map<std::pair<std::string, int>, double> sum;
    std::size_t totals = 0;
    for (const Json& row : record["examples"]["parts"]["rows"]) {
      double& parts = sum[{row[0], row[1]}];
      if (row[2] != "total") {
        parts += row[3].get<double>();
        continue;
      }
      ++totals;
      EXPECT_NEAR(row[3].get<double>(), parts, 1e-9) << row.dump();
      parts = 0.0;  // the same sum may be listed twice
    }
    const auto steps = static_cast<std::size_t>(subject.decoder().layout.answer_digits());
    EXPECT_EQ(totals, 4 * steps);
    EXPECT_EQ(record["examples"]["lens"]["rows"].size(), 4 * steps * 3 * 10);
  }
}

TEST(Margins, BracketsHoldTheSmallestOfEveryPair) {
  const Subject subject = random_subject(5, 2);
  const model::Layout& layout = subject.decoder().layout;
  const Anatomist dissect(subject.table());
  const Json record = margins(subject);
  std::map<std::pair<int, int>, double> least;  // (class or -1, step)
  for (int step = 0; step < layout.answer_digits(); ++step)
    for_each_pair(layout.digits, [&](model::Pair pair) {
      const Seen seen(layout, pair, step);
      const double margin = margin_of(dissect(seen.read()).logits, seen.next());
      for (const int c : {-1, model::cascade_class(pair, layout.digits)}) {
        double& known = least.try_emplace({c, step}, margin).first->second;
        known = std::min(known, margin);
      }
    });
  for (const Json& row : record["steps"]["rows"]) {
    const double truth = least.at({-1, row[0]});
    EXPECT_LE(row[2].get<double>(), truth + 1e-9) << row.dump();
    EXPECT_GE(row[3].get<double>(), truth - 1e-9) << row.dump();
    EXPECT_LT(row[3].get<double>() - row[2].get<double>(), 1e-5) << row.dump();
  }
  for (const Json& row : record["classes"]["rows"]) {
    const double truth = least.at({row[0], row[1]});
    EXPECT_LE(row[2].get<double>(), truth + 1e-9) << row.dump();
    EXPECT_GE(row[3].get<double>(), truth - 1e-9) << row.dump();
  }
}

// All ways to cut a short line, against the dynamic program.
TEST(Thresholds, TheBestDivisionIsFound) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    const int classes = 2 + round % 2, n = 1 + round % 9;
    std::vector<double> value;
    std::vector<int> label;
    for (int i = 0; i < n; ++i) {
      value.push_back(static_cast<double>(random() % 6));
      label.push_back(static_cast<int>(random() % static_cast<std::uint64_t>(classes)));
    }
    const Division found = divide(value, label, classes);
    std::size_t best = 0, agreed = 0;
    for (double low = -1; low <= 7; ++low)
      for (double high = low; high <= 7; ++high) {
        std::size_t right = 0;
        for (std::size_t i = 0; i < value.size(); ++i) {
          const std::size_t k = (value[i] >= low) + (value[i] >= high);
          // With fewer classes than intervals the last interval stays empty.
          right += k < found.order.size() && found.order[k] == label[i];
        }
        best = std::max(best, right);
      }
    for (std::size_t i = 0; i < value.size(); ++i) agreed += class_of(found, value[i]) == label[i];
    EXPECT_EQ(found.right, best) << "round " << round;
    EXPECT_EQ(agreed, found.right) << "round " << round;
  }
}

// The hand-built adder has a neuron that fires just where the place wraps.
TEST(Subtasks, ANeuronThatTellsTheWrapHasNoException) {
  model::Checkpoint checkpoint;
  checkpoint.decoder = model::planted_adder(2);
  const Subject subject(std::move(checkpoint));
  bool perfect = false;
  const Json record = subtasks(subject);
  for (const Json& row : record["units"]["rows"]) {
    EXPECT_EQ(row[6].get<std::size_t>() + row[8].get<std::size_t>(), row[7].get<std::size_t>());
    EXPECT_GE(row[3].get<double>(), row[4].get<double>())
        << "one interval for all would be better: " << row.dump();
    perfect |= row[2] == "wrap" && row[8] == 0;
  }
  EXPECT_TRUE(perfect);
}

TEST(Explain, TwoLayersAreRefusedByName) {
  const Subject subject = random_subject(3, 2, 2);
  for (const Analysis& a : analyses()) {
    if (a.name == "model") {
      EXPECT_EQ(document(a, subject)["format"], "carryscope-decoder");
      continue;
    }
    try {
      document(a, subject);
      ADD_FAILURE() << a.name << " was not refused";
    } catch (const model::InputError& error) {
      EXPECT_NE(std::string(error.what()).find("2 layers"), std::string::npos)
          << a.name << ": " << error.what();
    }
  }
}

TEST(Table, CsvHasUnitsAndQuotes) {
  Table table({{"step", ""}, {"share", "of attention, sampled"}});
  table.add({3, 0.5});
  table.add({"a \"b\"", nullptr});
  EXPECT_EQ(csv(table.json()), "step,\"share [of attention, sampled]\"\n3,0.5\n\"a \"\"b\"\"\",\n");
}

}  // namespace
}  // namespace carryscope::analysis
