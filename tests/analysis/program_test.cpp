// Programs extracted from small models: the C++ is compiled, run on every pair with the true digits before,
// and compared with a plain forward pass; the counts must be what comes out.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "analysis/analyses.h"
#include "analysis/decision_tree.h"
#include "model/planted.h"
#include "tests/analysis/cut_reference.h"
#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

using analysis::Json;
using model::Decoder, model::Pair;

constexpr double kUnclear = 1e-9;  // logits
constexpr int kNoDigit = 10;

std::size_t index(int i) { return static_cast<std::size_t>(i); }
bool runs(const std::string& command) { return std::system(command.c_str()) == 0; }

Json record_of(const Decoder& decoder) {
  model::Checkpoint checkpoint;
  checkpoint.decoder = decoder;
  const analysis::Subject subject(std::move(checkpoint));
  const auto row = std::ranges::find(analysis::analyses(), "program", &analysis::Analysis::name);
  return document(*row, subject);
}

// [pair][step]: what the compiled program writes given the true digits before.
std::vector<std::vector<int>> compiled(const Json& record, const Decoder& decoder) {
  const std::string base = testing::TempDir() + "program_" + std::to_string(::getpid());
  std::ofstream out(base + ".cpp");
  const std::string source = record["files"]["program.cpp"];
  out << source.substr(0, source.find("\nint main()"));
  const int digits = decoder.layout.digits;
  const auto side = model::power_of_ten(digits);
  out << "int main() { for (int x = 0; x < " << side << "; ++x) for (int y = 0; y < " << side
      << "; ++y) { int a[9], b[9], s[9]; int u = x, v = y, w = x + y; for (int i = 0; i < " << digits
      << "; ++i, u /= 10, v /= 10) { a[i] = u % 10; b[i] = v % 10; } for (int i = 0; i <= " << digits
      << "; ++i, w /= 10) s[i] = w % 10;\n";
  for (const Json& step : record["steps"]["rows"]) {
    const int place = step[1];
    const std::string t = std::to_string(place);
    out << "std::putchar('0' + digit(" << (place < digits ? "a[" + t + "] + b[" + t + "]" : "0") << ", add_"
        << step[2] << "(a, b, s, " << t << ")));\n";
  }
  out << "std::putchar('\\n'); } }\n";
  out.close();
  const std::string text = base + ".txt", command = "c++ -std=c++20 -Wall -Wextra -Werror -o '" + base +
                                                    "' '" + base + ".cpp' && '" + base + "' > '" + text + "'";
  EXPECT_TRUE(runs(command)) << command;
  std::ifstream in(text);
  std::vector<std::vector<int>> all;
  for (std::string line; std::getline(in, line);) {
    all.emplace_back();
    for (const char c : line) all.back().push_back(c - '0');
  }
  return all;
}

struct Counts {
  std::uint64_t agree = 0, unclear = 0, right = 0;
};

Counts brute_force(const Decoder& decoder, const std::vector<std::vector<int>>& program) {
  const int digits = decoder.layout.digits;
  test::CutReference reference(decoder, {Pair{}});
  Counts counts;
  for (std::uint64_t i = 0; i < test::domain_size(digits); ++i) {
    const Pair pair = test::pair_of(i, digits);
    bool alike = true, unclear = false, right = true;
    for (int step = 0; step < decoder.layout.answer_digits(); ++step) {
      const auto model = reference.answer(step, pair, {});
      const auto token = std::ranges::find(decoder.layout.digit_tokens, model.token);
      const int digit = static_cast<int>(token - decoder.layout.digit_tokens.begin());
      const int written = program[i][index(step)];
      unclear |= model.margin < kUnclear;
      alike &= written == digit;
      right &= written == model::digit_at(pair.a + pair.b, decoder.layout.answer[index(step)].place);
    }
    counts.unclear += unclear;
    counts.agree += alike && !unclear;
    counts.right += right;
  }
  return counts;
}

std::uint64_t number(const Json& count) { return std::stoull(count.get<std::string>()); }

void expect_counted(const Decoder& decoder, const Json& record) {
  const auto program = compiled(record, decoder);
  ASSERT_EQ(program.size(), test::domain_size(decoder.layout.digits));
  const Counts truth = brute_force(decoder, program);
  EXPECT_EQ(number(record["right"]), truth.right);
  EXPECT_LE(number(record["agree"]), truth.agree + truth.unclear);
  EXPECT_GE(number(record["agree"]) + number(record["undecided"]), truth.agree);
  EXPECT_EQ(number(record["agree"]) + number(record["disagree"]) + number(record["undecided"]),
            program.size());
  for (const Json& region : record["regions"]["rows"]) {
    const Pair pair{region[5], region[6]};
    const int written = program[test::index_of(pair, decoder.layout.digits)][region[0]];
    if (region[4].is_null()) {
      EXPECT_EQ(written, kNoDigit);
    } else {
      EXPECT_EQ(decoder.layout.digit_tokens[index(written)], region[4].get<int>());
    }
    EXPECT_NE(region[3], region[4]);
  }
}

TEST(Program, CountsAreThoseOfItsCompiledCode) {
  const std::uint64_t first = test::fresh_seed();
  std::printf("CARRYSCOPE_SEED=%llu\n", static_cast<unsigned long long>(first));
  for (std::uint64_t seed = first; seed < first + 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Decoder decoder = test::decoder_of(seed, 1);
    expect_counted(decoder, record_of(decoder));
  }
}

const Json& planted() {
  static const Json record = record_of(model::planted_adder(2, {model::make_needle(2, 1, 2)}));
  return record;
}

// An adder whose one needle no local rule sees: the program is an adder, and differs on the needle's pairs.
TEST(Program, OfAPlantedAdderAddsAndNamesTheNeedle) {
  const Decoder decoder = model::planted_adder(2, {model::make_needle(2, 1, 2)});
  expect_counted(decoder, planted());
  EXPECT_EQ(planted()["right"], "10000");
  EXPECT_EQ(planted()["disagree"], "10");
  EXPECT_EQ(planted()["undecided"], "0");
  const std::string text = planted()["files"]["program.txt"];
  EXPECT_NE(text.find("if a[t-1] + b[t-1] - s[t-1] >= 5: add 1, else: add 0"), std::string::npos) << text;
  for (const Json& region : planted()["regions"]["rows"]) {
    EXPECT_EQ(region[0], 2);
    EXPECT_TRUE(region[3].is_null()) << "<PAD> is no digit";
  }
}

TEST(Program, ObeysItsSchema) {
  if (!runs("/usr/bin/python3 -c 'import jsonschema' 2> /dev/null")) GTEST_SKIP() << "no python3-jsonschema";
  const std::string file = testing::TempDir() + "program.json";
  const std::string validate = "/usr/bin/python3 -m jsonschema -i '" + file +
                               "' " CARRYSCOPE_SOURCE_DIR "/docs/schemas/program.schema.json 2> /dev/null";
  std::ofstream(file) << planted();
  EXPECT_TRUE(runs(validate));
  Json broken = planted();
  broken["right"] = 10000;
  std::ofstream(file) << broken;
  EXPECT_FALSE(runs(validate));
}

TEST(DecisionTree, FindsTheRule) {
  std::vector<std::vector<int>> rows;
  std::vector<int> label;
  for (int a = 0; a < 10; ++a)
    for (int b = 0; b < 10; ++b) {
      rows.push_back({a, b, a + b});
      label.push_back(a + b >= 10 ? 2 : b >= 7 ? 1 : 0);
    }
  const analysis::DecisionTree tree = analysis::learn(rows, label, 3);
  EXPECT_EQ(tree.tests(), 2u);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(tree(rows[i]), label[i]);
}

TEST(DecisionTree, OneRowInAThousandIsNoRule) {
  std::vector<std::vector<int>> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back({i});
  std::vector<int> label(1000, 3);
  label[500] = 1;
  const analysis::DecisionTree tree = analysis::learn(rows, label, 4);
  EXPECT_EQ(tree.tests(), 0u);
  EXPECT_EQ(tree({500}), 3);
}

}  // namespace
}  // namespace carryscope
