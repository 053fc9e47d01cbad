// Logits against PyTorch's (goldens), and the attention table against the forward pass.
//
// Tolerances are relative to a spread, largest logit minus smallest: in double the spread of the
// step's own logits (the goldens are printed with ten digits); in float32 that of all logits of the
// checkpoint's goldens. By the latter measure PyTorch's own float32 evaluation of the 311 model is
// off by 3e-5: scores of size 60 lose that much in their exponentials.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/attention_table.h"
#include "model/checkpoint/checkpoint.h"
#include "model/forward.h"
#include "tests/model/random_decoder.h"
#include "tests/model/zoo.h"

namespace carryscope::model {
namespace {

// Logits of every step given the true prefix, steps x V, through the whole-sequence pass.
template <class T>
std::vector<std::vector<double>> forward_logits(const Decoder& decoder, Pair pair) {
  Forward<T> forward(decoder);
  std::vector<int> tokens = tokenise(decoder.layout, pair);
  tokens.resize(static_cast<std::size_t>(decoder.layout.input_length()));
  const std::vector<T> all = forward.logits(tokens);
  std::vector<std::vector<double>> steps;
  for (int step = 0; step < decoder.layout.steps(); ++step) {
    const auto first =
        all.begin() + static_cast<std::ptrdiff_t>(decoder.layout.query_position(step)) * decoder.vocabulary;
    steps.emplace_back(first, first + decoder.vocabulary);
  }
  return steps;
}

int symbol_of(const Layout& layout, int position, int token) {
  if (layout.slot(position).role == Role::fixed) return 0;
  return static_cast<int>(std::ranges::find(layout.digit_tokens, token) - layout.digit_tokens.begin());
}

// The same through the table: the formula at the head of attention_table.h, spelled out.
template <class T>
std::vector<std::vector<double>> table_logits(const AttentionTable<T>& table, Pair pair) {
  const Decoder& decoder = table.decoder();
  const std::vector<int> tokens = tokenise(decoder.layout, pair);
  const Attention& shape = table.maps().shape();
  Tail<T> tail(decoder);
  std::vector<std::vector<double>> steps;
  for (int step = 0; step < decoder.layout.steps(); ++step) {
    const int position = decoder.layout.query_position(step);
    const auto query = table.query(position, tokens[static_cast<std::size_t>(position)]);
    std::vector<T> mixed;
    for (int head = 0; head < shape.heads; ++head) {
      T total = query.rest[static_cast<std::size_t>(head)];
      std::vector<T> sums(static_cast<std::size_t>(shape.value_dim), T{0});
      for (int p = 0; p <= position; ++p) {
        const int symbol = symbol_of(decoder.layout, p, tokens[static_cast<std::size_t>(p)]);
        const T weight = query.weight[query.at(head, p, symbol)];
        const auto own = static_cast<std::size_t>(table.maps().kv_head(head) * shape.value_dim);
        const auto value = p == position ? std::span<const T>(query.value).subspan(own, sums.size())
                                         : table.value(head, p, symbol);
        total += weight;
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * value[i];
      }
      for (const T sum : sums) mixed.push_back(sum / total);
    }
    std::vector<T> residual = query.residual;
    for (std::size_t i = 0; i < residual.size(); ++i)
      residual[i] += table.maps().output().apply(std::span<const T>(mixed), static_cast<int>(i));
    std::vector<T> logits(static_cast<std::size_t>(decoder.vocabulary));
    tail.logits(residual, logits);
    steps.emplace_back(logits.begin(), logits.end());
  }
  return steps;
}

using Logits = std::vector<std::vector<double>>;  // steps x V

double spread(const std::vector<double>& logits) {
  const auto [least, most] = std::ranges::minmax(logits);
  return most - least;
}

// `scale`: what the tolerance is relative to; 0 is the step's own spread.
void expect_near(const Logits& got, const Logits& expected, double tolerance, double scale = 0) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t step = 0; step < got.size(); ++step) {
    ASSERT_EQ(got[step].size(), expected[step].size());
    const double within = tolerance * (scale > 0 ? scale : spread(expected[step]));
    for (std::size_t v = 0; v < got[step].size(); ++v)
      ASSERT_NEAR(got[step][v], expected[step][v], within) << "step " << step << ", token " << v;
  }
}

class Goldens : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Goldens, ForwardAndTableGiveTheLogits) {
  const auto [checkpoint, golden] = GetParam();
  const std::string shared = CARRYSCOPE_SHARED_DIR;
  std::ifstream file(shared + "/goldens/" + golden);
  if (!file) GTEST_SKIP() << golden << " is not in " << shared << "/goldens";
  const Decoder decoder = load(shared + "/checkpoints/" + checkpoint).decoder;
  const auto expected = nlohmann::json::parse(file);
  const AttentionTable<double> in_double(decoder);
  const AttentionTable<float> in_float(decoder);
  const std::size_t pairs = expected["pairs"].size();
  std::vector<double> all;
  for (const auto& pair : expected["logits"])
    for (const auto& step : pair) all.insert(all.end(), step.begin(), step.end());
  ASSERT_GT(pairs, 0U);
  for (std::size_t i = 0; i < pairs; ++i) {
    const Pair pair{expected["pairs"][i][0], expected["pairs"][i][1]};
    SCOPED_TRACE(::testing::Message() << pair.a << " + " << pair.b);
    const auto logits = expected["logits"][i].get<Logits>();
    expect_near(forward_logits<double>(decoder, pair), logits, 1e-9);
    expect_near(table_logits(in_double, pair), logits, 1e-9);
    expect_near(forward_logits<float>(decoder, pair), logits, 1e-5, spread(all));
    expect_near(table_logits(in_float, pair), logits, 1e-5, spread(all));
  }
}

INSTANTIATE_TEST_SUITE_P(Public, Goldens,
                         ::testing::Values(std::pair("best_311p_s34.pt", "best_311p_s34_logits.json"),
                                           std::pair("best_456p_s43.pt", "best_456p_s43_logits.json"),
                                           std::pair("best_512params.pt", "best_512params_logits.json")));

// Whether no row's largest score can lie so far below the table's that its weights vanish in double.
bool weights_survive(const AttentionTable<double>& table) {
  const Layout& layout = table.decoder().layout;
  for (int step = 0; step < layout.steps(); ++step)
    for (const int token : layout.digit_tokens) {
      const auto query = table.query(layout.query_position(step), token);
      for (std::size_t h = 0; h < query.row_high.size(); ++h)
        if (query.row_high[h] - query.row_low[h] > 600) return false;
    }
  return true;
}

TEST(AttentionTable, AgreesWithForwardOnTheZoo) {
  const auto files = testing::zoo_files();
  if (files.empty()) GTEST_SKIP() << "no zoo in " << CARRYSCOPE_SHARED_DIR;
  int tables = 0;
  for (const std::string& file : files) {
    SCOPED_TRACE(file);
    const Decoder decoder = load(file).decoder;
    if (decoder.layers.size() != 1) {
      EXPECT_THROW(AttentionTable<double>{decoder}, InputError);
      continue;
    }
    const AttentionTable<double> table(decoder);
    if (!weights_survive(table)) continue;
    ++tables;
    for (const PairSet& set :
         {adderboard_protocol(decoder.layout.digits)[0], uniform_pairs(20, 1, decoder.layout.digits)})
      for (const Pair& pair : set.pairs)
        expect_near(table_logits(table, pair), forward_logits<double>(decoder, pair), 1e-9);
  }
  EXPECT_GE(tables, 20);
}

TEST(AttentionTable, AgreesWithForwardOnRandomDecoders) {
  constexpr std::uint64_t kSeed = 3;
  testing::Random random(kSeed);
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(::testing::Message() << "seed " << kSeed << ", round " << round);
    const Decoder decoder = testing::random_decoder(random, {.digits = 1 + round % 4});
    ASSERT_NO_THROW(validate(decoder, "random"));
    const AttentionTable<double> table(decoder);
    for (const Pair& pair : uniform_pairs(3, random(), decoder.layout.digits).pairs)
      expect_near(table_logits(table, pair), forward_logits<double>(decoder, pair), 1e-9);
  }
}

}  // namespace
}  // namespace carryscope::model
