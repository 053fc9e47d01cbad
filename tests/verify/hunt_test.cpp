// Hunts against every pair of small models: the condition in plain arithmetic, the answer by the plain
// forward pass. And what the parser refuses.
#include "verify/hunt.h"

#include <gtest/gtest.h>

#include <functional>

#include "model/error.h"
#include "model/greedy.h"
#include "model/planted.h"
#include "tests/model/random_decoder.h"

namespace carryscope {
namespace {

using model::Pair;
using verify::Hunt;
using verify::to_string;

struct Case {
  Pair pair;
  std::uint64_t sum = 0;
  std::optional<std::uint64_t> said;
  int first = 0;  // wrong step
};

std::vector<Case> failures(const model::Decoder& decoder) {
  const auto greedy = model::make_forward_greedy(decoder);
  const std::uint64_t end = model::power_of_ten(decoder.layout.digits);
  std::vector<int> tokens(static_cast<std::size_t>(decoder.layout.steps()));
  std::vector<Case> found;
  for (std::uint64_t a = 0; a < end; ++a)
    for (std::uint64_t b = 0; b < end; ++b) {
      const Pair pair{a, b};
      greedy->decode(std::span(&pair, 1), tokens);
      Case c{pair, a + b, model::detokenise(decoder.layout, tokens), 0};
      if (c.said == c.sum) continue;
      const auto truth = model::tokenise(decoder.layout, pair);
      const std::size_t prompt = decoder.layout.prompt.size();
      while (tokens[static_cast<std::size_t>(c.first)] == truth[prompt + static_cast<std::size_t>(c.first)])
        ++c.first;
      found.push_back(c);
    }
  return found;
}

bool is_palindrome(std::uint64_t x) {
  const std::string text = std::to_string(x);
  return std::equal(text.begin(), text.end(), text.rbegin());
}

struct Row {
  const char* text;
  std::function<bool(const Case&)> holds;
};

const std::vector<Row>& rows() {
  static const auto error = [](const Case& c) {
    return static_cast<std::int64_t>(*c.said) - static_cast<std::int64_t>(c.sum);
  };
  static const auto digit = [](std::uint64_t x, int i) { return model::digit_at(x, i); };
  static const std::vector<Row> table{
      {"a >= 0", [](const Case&) { return true; }},
      {"a < b", [](const Case& c) { return c.pair.a < c.pair.b; }},
      {"a == b or b == 10^1", [](const Case& c) { return c.pair.a == c.pair.b || c.pair.b == 10; }},
      {"not (2*a - b > 5) && 3 <= b < 40",
       [](const Case& c) { return !(2 * c.pair.a > c.pair.b + 5) && c.pair.b >= 3 && c.pair.b < 40; }},
      {"sum % 7 == 3", [](const Case& c) { return c.sum % 7 == 3; }},
      {"a[0] + b[0] > 9 && c[1] != 0",
       [](const Case& c) { return digit(c.pair.a, 0) + digit(c.pair.b, 0) > 9; }},
      {"s[1] * 2 - a[1] % 3 <= 7",
       [](const Case& c) { return digit(c.sum, 1) * 2 - digit(c.pair.a, 1) % 3 <= 7; }},
      {"cascade == 2 || carries == 0",
       [](const Case& c) {
         return model::cascade_class(c.pair, 2) == 2 ||
                (digit(c.pair.a, 0) + digit(c.pair.b, 0) < 10 && c.sum < 100);
       }},
      {"palindrome(a) && palindrome(sum)",
       [](const Case& c) { return is_palindrome(c.pair.a) && is_palindrome(c.sum); }},
      {"length(a) < length(sum)",
       [](const Case& c) { return std::to_string(c.pair.a).size() < std::to_string(c.sum).size(); }},
      {"digit_sum(a) == digit_sum(b)",
       [](const Case& c) {
         return digit(c.pair.a, 0) + digit(c.pair.a, 1) == digit(c.pair.b, 0) + digit(c.pair.b, 1);
       }},
      {"first_wrong == 1", [](const Case& c) { return c.first == 1; }},
      {"error == -10", [](const Case& c) { return c.said && error(c) == -10; }},
      {"error != 1", [](const Case& c) { return c.said && error(c) != 1; }},
      {"!numeric", [](const Case& c) { return !c.said; }},
      {"-20 < error <= 3 && predicted > a",
       [](const Case& c) { return c.said && error(c) > -20 && error(c) <= 3 && *c.said > c.pair.a; }}};
  return table;
}

void expect_as_enumerated(const model::Decoder& decoder, bool exactly) {
  const auto all = failures(decoder);
  // A random model takes seconds to search, so only some rows are tried on one.
  for (std::size_t i = exactly ? 0 : 3; i < rows().size(); i += exactly ? 1 : 8) {
    const Row& row = rows()[i];
    SCOPED_TRACE(row.text);
    const auto where = verify::query::parse(row.text, decoder.layout);
    verify::HuntOptions options;
    options.list = 10;
    options.random = 5;
    options.smallest = true;
    const Hunt hunt = verify::hunt(decoder, where, options);
    std::vector<Case> expected;
    std::ranges::copy_if(all, std::back_inserter(expected), row.holds);
    const verify::Count counted = expected.size();
    EXPECT_TRUE(hunt.least <= counted && counted <= hunt.most) << expected.size();
    if (exactly || !where.of_answer) {
      EXPECT_EQ(to_string(hunt.least), to_string(hunt.most));
      EXPECT_EQ(hunt.shown.empty(), expected.empty());
    }
    for (const auto& match : hunt.shown) {
      EXPECT_TRUE(match.holds);
      EXPECT_EQ(std::ranges::count(expected, match.pair, &Case::pair), 1);
    }
    if (expected.empty() || hunt.shown.empty() || hunt.least != hunt.most) continue;
    const auto least =
        std::ranges::min_element(expected, {}, [](const Case& c) { return std::pair(c.sum, c.pair.a); });
    EXPECT_EQ(hunt.shown[0].pair, least->pair);
  }
}

TEST(Hunt, CountsWhatEnumerationFindsInPlantedAdders) {
  expect_as_enumerated(model::planted_adder(2, {model::make_needle(2, 2, 1)}), true);
  expect_as_enumerated(model::planted_adder(2, {model::make_needle(2, 3, 0), model::make_needle(2, 1, 2, 3)}),
                       true);
}

TEST(Hunt, CountsWhatEnumerationFindsInARandomModel) {
  model::testing::Random random(31);
  expect_as_enumerated(model::testing::random_decoder(random, {.digits = 2}), false);
}

TEST(Hunt, FindsANeedleAmongTenToTheTwenty) {
  const auto decoder = model::planted_adder(10, {model::make_needle(10, 0, 5)});
  const auto where = verify::query::parse("a == b && !numeric", decoder.layout);
  const Hunt hunt = verify::hunt(decoder, where, {.smallest = true});
  EXPECT_EQ(to_string(hunt.least), "1");
  EXPECT_EQ(to_string(hunt.most), "1");
  ASSERT_EQ(hunt.shown.size(), 1U);
  EXPECT_EQ(hunt.shown[0].pair.a, 7'777'777'777U);
  const auto none = verify::query::parse("a != b", decoder.layout);
  EXPECT_EQ(to_string(verify::hunt(decoder, none, {}).most), "0");
}

TEST(Hunt, SaysWhereAConditionIsWrong) {
  const model::Layout layout = model::Layout::seeds(3);
  const std::pair<const char*, const char*> wrong[] = {
      {"", "character 1 (the end): expected a number"},
      {"a", "expected a comparison"},
      {"a < ", "character 5"},
      {"a[3] == 1", "a place from 0 to 2"},
      {"a[ == 1", "expected a place"},
      {"cascde > 2", "there is no 'cascde'"},
      {"a < 1 b > 2", "should end here"},
      {"a == a[0]", "do not go together"},
      {"a * b > 2", "one side of *"},
      {"a % 0 == 1", "expected a modulus"},
      {"length(error) == 2", "expected a, b, sum or predicted"},
      {"(a < 1", "expected ')'"},
      {"10^99 > a", "exponent"},
      {"a < 999999999999999999999999", "too large"},
      {"(a < 1) + 2 > 3", "has no value"},
  };
  for (const auto& [text, complaint] : wrong) {
    try {
      verify::query::parse(text, layout);
      ADD_FAILURE() << text << " was accepted";
    } catch (const model::InputError& error) {
      EXPECT_NE(std::string(error.what()).find(complaint), std::string::npos) << text << ": " << error.what();
      EXPECT_TRUE(std::string(error.what()).starts_with("--where, character ")) << error.what();
    }
  }
  EXPECT_THROW(verify::query::parse(std::string(1000, '(') + "a", layout), model::InputError);
  EXPECT_THROW(verify::query::parse(std::string(1000, '!') + "a<1", layout), model::InputError);
}

}  // namespace
}  // namespace carryscope
