// What is said of our 311-parameter model: its circuit, and its program compiled and run.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "analysis/analyses.h"
#include "tests/analysis/cut_reference.h"

namespace carryscope {
namespace {

using analysis::Json;
using model::Pair;

const analysis::Subject& subject() {
  static const analysis::Subject of_311(model::load(CARRYSCOPE_SOURCE_DIR "/checkpoints/311.pt"),
                                        {.threads = 2});
  return of_311;
}

Json record(std::string_view name) {
  return document(*std::ranges::find(analysis::analyses(), name, &analysis::Analysis::name), subject());
}

TEST(Circuit311, EveryKeptEdgeBreaksAndTheFarDigitsAreCut) {
  const Json circuit = record("circuit");
  EXPECT_EQ(circuit["total"], "100000000000000000000");
  EXPECT_TRUE(circuit["minimum"]);
  const model::Decoder& decoder = subject().decoder();
  auto means = model::uniform_pairs(1000, 0, decoder.layout.digits).pairs;
  means.resize(200);
  test::CutReference reference(decoder, means);
  std::map<int, test::CutReference::Parts> cut;
  const auto name = [](const Json& edge) {
    return edge[3].is_null() ? edge[2].get<std::string>()
                             : edge[2].get<std::string>() + " " + std::to_string(edge[3].get<int>());
  };
  for (const Json& edge : circuit["edges"]["rows"]) {
    if (!edge[4]) cut[edge[0]].insert(name(edge));
    if (edge[2].get<std::string>().starts_with("far")) {
      EXPECT_EQ(edge[5], "zero") << edge;
    }
  }
  for (const Json& edge : circuit["edges"]["rows"]) {
    if (edge[5] == "zero" || edge[5] == "never cut") continue;
    ASSERT_EQ(edge[5], "witness") << edge;
    test::CutReference::Parts more = cut[edge[0]];
    more.insert(name(edge));
    const Pair pair{edge[6], edge[7]};
    EXPECT_EQ(reference.answer(edge[0], pair, {}).token, edge[8].get<int>()) << edge;
    EXPECT_EQ(reference.answer(edge[0], pair, more).token, edge[9].get<int>()) << edge;
  }
  for (const Pair pair : model::uniform_pairs(2000, 17, decoder.layout.digits).pairs)
    for (int step = 0; step < decoder.layout.answer_digits(); ++step)
      ASSERT_EQ(reference.answer(step, pair, cut[step]).token, reference.answer(step, pair, {}).token)
          << pair.a << " + " << pair.b;
}

TEST(Program311, AnswersAsTheModelDoes) {
  const Json program = record("program");
  EXPECT_EQ(program["agree"], "100000000000000000000");
  EXPECT_EQ(program["right"], "100000000000000000000");
  const std::string base = testing::TempDir() + "program_311_" + std::to_string(::getpid());
  std::ofstream(base + ".cpp") << program["files"]["program.cpp"].get<std::string>();
  const std::vector<Pair> pairs = model::uniform_pairs(20'000, 23, 10).pairs;
  std::ofstream in(base + ".in");
  for (const Pair& pair : pairs) in << pair.a << " " << pair.b << "\n";
  in.close();
  const std::string command = "c++ -std=c++20 -Wall -Wextra -Werror -o '" + base + "' '" + base +
                              ".cpp' && '" + base + "' < '" + base + ".in' > '" + base + ".out'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const model::Layout& layout = subject().decoder().layout;
  std::vector<int> tokens(pairs.size() * static_cast<std::size_t>(layout.steps()));
  subject().greedy().decode(pairs, tokens);
  std::ifstream out(base + ".out");
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    std::uint64_t a = 0, b = 0, sum = 0;
    ASSERT_TRUE(out >> a >> b >> sum);
    const auto steps = static_cast<std::size_t>(layout.steps());
    const auto answered = model::detokenise(layout, std::span<const int>(tokens).subspan(i * steps, steps));
    ASSERT_EQ(answered, std::optional(sum)) << a << " + " << b;
  }
}

}  // namespace
}  // namespace carryscope
