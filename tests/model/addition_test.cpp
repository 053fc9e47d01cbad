// Layouts, tokens and carries against plain arithmetic, over random layouts of every size.
#include "model/addition.h"

#include <algorithm>
#include <array>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "model/error.h"
#include "tests/model/random_decoder.h"

namespace carryscope::model {
namespace {

constexpr std::uint32_t kSeed = 20261123;

Pair random_pair(testing::Random& random, int digits) {
  // Half of the digits of b complement those of a, so that long cascades are common.
  Pair pair;
  for (int place = 0; place < digits; ++place) {
    const std::uint64_t a = random() % 10;
    const std::uint64_t b = random() % 2 ? 9 - a : random() % 10;
    pair.a += a * power_of_ten(place);
    pair.b += b * power_of_ten(place);
  }
  return pair;
}

// The longest G P* in the places' effects, written from the ones upwards.
int longest_cascade(const std::string& effects) {
  std::string pattern = "G";
  int longest = 0;
  for (; effects.find(pattern) != std::string::npos; pattern += 'P') ++longest;
  return longest;
}

TEST(Addition, SeedsLayoutIsThePublishedFormat) {
  const Layout layout = Layout::seeds();
  validate(layout, 14, "seeds");
  EXPECT_EQ(layout.prompt.size(), 22U);
  EXPECT_EQ(layout.input_length(), 33);
  EXPECT_EQ(layout.query_position(0), 21);
  const std::vector<int> expected{1, 2, 3, 4, 5,  6, 7, 8, 9, 0, 10, 9, 8, 7, 6, 5, 4,
                                  3, 2, 1, 0, 11, 0, 0, 1, 1, 1, 1,  1, 1, 1, 1, 1, 13};
  EXPECT_EQ(tokenise(layout, {1234567890, 9876543210}), expected);
  // No two neighbours of this answer are alike.
  const std::vector<int> tokens = tokenise(layout, {1234567890, 8641975320});
  EXPECT_EQ(std::vector<int>(tokens.begin() + 22, tokens.end()),
            (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 13}));
}

TEST(Addition, TokensRoundTripInRandomLayouts) {
  testing::Random random(kSeed);
  for (int round = 0; round < 2000; ++round) {
    SCOPED_TRACE(::testing::Message() << "seed " << kSeed << ", round " << round);
    const int digits = 1 + round % kMaxDigits;
    const int vocabulary = 10 + static_cast<int>(random() % 6);
    const Layout layout = testing::random_layout(random, digits, vocabulary);
    ASSERT_NO_THROW(validate(layout, vocabulary, "random"));
    const Pair pair = random_pair(random, digits);
    const std::vector<int> tokens = tokenise(layout, pair);
    ASSERT_EQ(tokens.size(), layout.prompt.size() + layout.answer.size());
    const std::span<const int> answer = std::span(tokens).subspan(layout.prompt.size());
    ASSERT_EQ(detokenise(layout, answer), pair.a + pair.b);
    for (std::size_t p = 0; p < tokens.size(); ++p) {
      const Slot& slot = layout.slot(static_cast<int>(p));
      const std::uint64_t number = slot.role == Role::a   ? pair.a
                                   : slot.role == Role::b ? pair.b
                                                          : pair.a + pair.b;
      const std::string text = std::string(20, '0') + std::to_string(number);
      const int expected = slot.role == Role::fixed
                               ? slot.token
                               : layout.digit_tokens[static_cast<std::size_t>(
                                     text[text.size() - 1 - static_cast<std::size_t>(slot.place)] - '0')];
      ASSERT_EQ(tokens[p], expected);
    }
  }
}

TEST(Addition, DetokeniseTakesNoOtherTokenForADigit) {
  const Layout layout = Layout::seeds(2);
  EXPECT_EQ(detokenise(layout, std::vector{9, 9, 9, 13}), 999U);
  EXPECT_EQ(detokenise(layout, std::vector{9, 9, 9}), 999U);
  EXPECT_EQ(detokenise(layout, std::vector{9, 13, 9, 13}), std::nullopt);
}

TEST(Addition, CarriesAndCascades) {
  EXPECT_EQ(carries({95, 5}, 2), (std::vector{0, 1, 1}));
  EXPECT_EQ(carries({15, 85}, 3), (std::vector{0, 1, 1, 0}));
  EXPECT_EQ(cascade_class({0, 0}, 10), 0);
  EXPECT_EQ(cascade_class({9999999999, 1}, 10), 10);
  EXPECT_EQ(cascade_class({9090909090, 9090909090}, 10), 1);
  EXPECT_EQ(cascade_class({9999999999, 9999999999}, 10), 1);  // every place generates anew
  EXPECT_EQ(cascade_class({9049, 1051}, 4), 2);               // 10, 9, 0, 10: generated, passed on, killed
  EXPECT_EQ(cascade_class({4595, 5405}, 4), 4);
  EXPECT_EQ(cascade_class({4445, 5555}, 4), 4);
  EXPECT_EQ(cascade_class({4455, 5555}, 4), 3);  // 10, 10, 9, 9: the second place starts again
  EXPECT_EQ(cascade_class({4444, 5555}, 4), 0);  // nothing generates, so nothing passes
  EXPECT_EQ(cascade_class({999999999999999999, 1}, 18), 18);
}

TEST(Addition, CarriesAgreeWithModularSums) {
  testing::Random random(kSeed + 1);
  for (int round = 0; round < 5000; ++round) {
    SCOPED_TRACE(::testing::Message() << "seed " << kSeed + 1 << ", round " << round);
    const int digits = 1 + round % kMaxDigits;
    const Pair pair = random_pair(random, digits);
    const std::vector<int> carry = carries(pair, digits);
    ASSERT_EQ(carry.size(), static_cast<std::size_t>(digits) + 1);
    // One letter a place: K kills, P passes on, G generates; a cascade is a G and the Ps above it.
    std::string effects;
    for (int i = 0; i <= digits; ++i) {
      const std::uint64_t below = power_of_ten(i);
      const int expected = pair.a % below + pair.b % below >= below;
      ASSERT_EQ(carry[static_cast<std::size_t>(i)], expected) << "place " << i;
      if (i == digits) continue;
      const std::uint64_t both = pair.a / below % 10 + pair.b / below % 10;
      effects += both >= 10 ? 'G' : both == 9 ? 'P' : 'K';
    }
    ASSERT_EQ(cascade_class(pair, digits), longest_cascade(effects)) << effects;
  }
}

// Counted by hand, not by a walk: all 10^2 pairs of one digit; of two digits, S_2 is generate (45) then
// pass (10), S_0 no generating place (55 * 55).
TEST(Addition, CascadeClassesOfOneAndTwoDigitsByBruteForce) {
  std::array<int, 2> one{};
  std::array<int, 3> two{};
  for (std::uint64_t a = 0; a < 100; ++a)
    for (std::uint64_t b = 0; b < 100; ++b) {
      if (a < 10 && b < 10) ++one[static_cast<std::size_t>(cascade_class({a, b}, 1))];
      ++two[static_cast<std::size_t>(cascade_class({a, b}, 2))];
    }
  EXPECT_EQ(one, (std::array{55, 45}));
  EXPECT_EQ(two, (std::array{3025, 6525, 450}));
}

struct Damage {
  const char* complaint;  // what the sentence must contain
  std::function<void(Layout&)> apply;
};

TEST(Addition, EveryDamagedLayoutIsRefusedByFileAndField) {
  const Damage damages[] = {
      {"layout.digits is 0", [](Layout& l) { l.digits = 0; }},
      {"layout.digits is 19", [](Layout& l) { l.digits = 19; }},
      {"layout.digit_tokens[3] is token 14", [](Layout& l) { l.digit_tokens[3] = 14; }},
      {"layout.digit_tokens[4] is token -1", [](Layout& l) { l.digit_tokens[4] = -1; }},
      {"layout.digit_tokens[7] repeats token 2 of digit 2", [](Layout& l) { l.digit_tokens[7] = 2; }},
      {"layout.prompt is empty", [](Layout& l) { l.prompt.clear(); }},
      {"layout.prompt never shows place 2 of a", [](Layout& l) { l.prompt.erase(l.prompt.begin()); }},
      {"layout.prompt never shows place 0 of b", [](Layout& l) { l.prompt[6].place = 1; }},
      {"layout.prompt[1] names place 3", [](Layout& l) { l.prompt[1].place = 3; }},
      {"layout.prompt[1] names place -1", [](Layout& l) { l.prompt[1].place = -1; }},
      {"layout.prompt[2] asks for a digit of the sum", [](Layout& l) { l.prompt[2].role = Role::sum; }},
      {"layout.prompt[3] is token 99", [](Layout& l) { l.prompt[3].token = 99; }},
      {"layout.answer has 3 entries; expected the 4 digits", [](Layout& l) { l.answer.resize(3); }},
      {"layout.answer[3] repeats place 1", [](Layout& l) { l.answer[3].place = 1; }},
      {"layout.answer[0] names place 4", [](Layout& l) { l.answer[0].place = 4; }},
      {"layout.answer[0] is not a digit of the sum", [](Layout& l) { l.answer[0].role = Role::fixed; }},
      {"layout.answer[4] is not a fixed token", [](Layout& l) { l.answer[4].role = Role::sum; }},
      {"layout.answer[4] is token -2", [](Layout& l) { l.answer[4].token = -2; }},
      {"layout.end_token is token 14", [](Layout& l) { l.end_token = 14; }},
      {"layout.end_token is token 3, which spells a digit", [](Layout& l) { l.end_token = 3; }},
  };
  for (const Damage& damage : damages) {
    Layout layout = Layout::seeds(3);
    damage.apply(layout);
    try {
      validate(layout, 14, "bad.json");
      ADD_FAILURE() << "accepted: " << damage.complaint;
    } catch (const InputError& error) {
      const std::string sentence = error.what();
      EXPECT_TRUE(sentence.starts_with("bad.json: layout.")) << sentence;
      EXPECT_NE(sentence.find(damage.complaint), std::string::npos) << sentence;
    }
  }
}

}  // namespace
}  // namespace carryscope::model
