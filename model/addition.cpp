// Layouts, tokens and carries (addition.h). A layout is checked once, at the door; everything below
// validate() may assume a valid one.
#include "model/addition.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::model {
namespace {

[[noreturn]] void reject(const std::string& where, const std::string& field, const std::string& complaint) {
  throw InputError(fmt::format("{}: layout.{} {}", where, field, complaint));
}

void validate_token(int token, int vocabulary, const std::string& where, const std::string& field) {
  if (token < 0 || token >= vocabulary)
    reject(
        where, field,
        fmt::format("is token {}, outside the vocabulary; use a token from 0 to {}", token, vocabulary - 1));
}

void validate_digit_tokens(const Layout& layout, int vocabulary, const std::string& where) {
  for (std::size_t d = 0; d < layout.digit_tokens.size(); ++d) {
    validate_token(layout.digit_tokens[d], vocabulary, where, fmt::format("digit_tokens[{}]", d));
    for (std::size_t e = 0; e < d; ++e)
      if (layout.digit_tokens[e] == layout.digit_tokens[d])
        reject(where, fmt::format("digit_tokens[{}]", d),
               fmt::format("repeats token {} of digit {}; give every digit a token of its own",
                           layout.digit_tokens[d], e));
  }
}

void validate_prompt(const Layout& layout, int vocabulary, const std::string& where) {
  if (layout.prompt.empty()) reject(where, "prompt", "is empty; expected the digits of both operands");
  std::vector<bool> seen_a(static_cast<std::size_t>(layout.digits)), seen_b(seen_a);
  for (std::size_t i = 0; i < layout.prompt.size(); ++i) {
    const Slot& slot = layout.prompt[i];
    const std::string field = fmt::format("prompt[{}]", i);
    if (slot.role == Role::sum)
      reject(where, field, "asks for a digit of the sum; a prompt holds digits of a, of b and fixed tokens");
    if (slot.role == Role::fixed) {
      validate_token(slot.token, vocabulary, where, field);
      continue;
    }
    if (slot.place < 0 || slot.place >= layout.digits)
      reject(where, field,
             fmt::format("names place {} of an operand; use a place from 0 to {}", slot.place,
                         layout.digits - 1));
    (slot.role == Role::a ? seen_a : seen_b)[static_cast<std::size_t>(slot.place)] = true;
  }
  for (const auto& [seen, name] : {std::pair(&seen_a, 'a'), std::pair(&seen_b, 'b')}) {
    const auto hole = std::find(seen->begin(), seen->end(), false);
    if (hole != seen->end())
      reject(where, "prompt",
             fmt::format("never shows place {} of {}; expected every place of both operands at least once",
                         hole - seen->begin(), name));
  }
}

void validate_answer(const Layout& layout, int vocabulary, const std::string& where) {
  const auto expected = static_cast<std::size_t>(layout.answer_digits());
  if (layout.answer.size() < expected)
    reject(where, "answer",
           fmt::format("has {} entries; expected the {} digits of the sum first", layout.answer.size(),
                       expected));
  std::vector<bool> seen(expected);
  for (std::size_t i = 0; i < layout.answer.size(); ++i) {
    const Slot& slot = layout.answer[i];
    const std::string field = fmt::format("answer[{}]", i);
    if (i >= expected) {
      if (slot.role != Role::fixed)
        reject(where, field, "is not a fixed token; only fixed tokens may follow the digits of the sum");
      validate_token(slot.token, vocabulary, where, field);
      continue;
    }
    if (slot.role != Role::sum)
      reject(where, field, fmt::format("is not a digit of the sum; the first {} entries must be", expected));
    if (slot.place < 0 || slot.place > layout.digits)
      reject(where, field,
             fmt::format("names place {} of the sum; use a place from 0 to {}", slot.place, layout.digits));
    if (seen[static_cast<std::size_t>(slot.place)])
      reject(where, field,
             fmt::format("repeats place {} of the sum; every place is generated exactly once", slot.place));
    seen[static_cast<std::size_t>(slot.place)] = true;
  }
}

using Digits = std::array<std::uint8_t, kMaxDigits + 1>;  // by place

Digits digits_of(std::uint64_t value) {
  Digits digits{};
  for (auto& digit : digits) {
    digit = static_cast<std::uint8_t>(value % 10);
    value /= 10;
  }
  return digits;
}

}  // namespace

Layout Layout::seeds(int digits) {
  ensure(digits >= 1 && digits <= kMaxDigits, "a layout has 1 to 18 digits");
  Layout layout;
  layout.digits = digits;
  for (int place = digits - 1; place >= 0; --place) layout.prompt.push_back({Role::a, place, 0});
  layout.prompt.push_back({Role::fixed, 0, 10});
  for (int place = digits - 1; place >= 0; --place) layout.prompt.push_back({Role::b, place, 0});
  layout.prompt.push_back({Role::fixed, 0, 11});
  for (int place = 0; place <= digits; ++place) layout.answer.push_back({Role::sum, place, 0});
  layout.answer.push_back({Role::fixed, 0, 13});
  for (int d = 0; d < 10; ++d) layout.digit_tokens[static_cast<std::size_t>(d)] = d;
  layout.end_token = 13;
  return layout;
}

const Slot& Layout::slot(int position) const {
  ensure(position >= 0 && static_cast<std::size_t>(position) < prompt.size() + answer.size(),
         "a position lies inside the sequence");
  const auto p = static_cast<std::size_t>(position);
  return p < prompt.size() ? prompt[p] : answer[p - prompt.size()];
}

void validate(const Layout& layout, int vocabulary, const std::string& where) {
  if (layout.digits < 1 || layout.digits > kMaxDigits)
    reject(where, "digits", fmt::format("is {}; expected 1 to {}", layout.digits, kMaxDigits));
  validate_digit_tokens(layout, vocabulary, where);
  validate_prompt(layout, vocabulary, where);
  validate_answer(layout, vocabulary, where);
  if (!layout.end_token) return;
  validate_token(*layout.end_token, vocabulary, where, "end_token");
  if (std::ranges::find(layout.digit_tokens, *layout.end_token) != layout.digit_tokens.end())
    reject(where, "end_token",
           fmt::format("is token {}, which spells a digit; use another one or null", *layout.end_token));
}

std::uint64_t power_of_ten(int exponent) {
  static constexpr auto powers = [] {
    std::array<std::uint64_t, 20> table{1};
    for (std::size_t i = 1; i < table.size(); ++i) table[i] = table[i - 1] * 10;
    return table;
  }();
  ensure(exponent >= 0 && exponent < 20, "a power of ten fits in 64 bits");
  return powers[static_cast<std::size_t>(exponent)];
}

int digit_at(std::uint64_t value, int place) { return static_cast<int>(value / power_of_ten(place) % 10); }

std::vector<int> tokenise(const Layout& layout, Pair pair) {
  std::vector<int> tokens(layout.prompt.size() + layout.answer.size());
  tokenise(layout, pair, tokens);
  return tokens;
}

void tokenise(const Layout& layout, Pair pair, std::span<int> out) {
  ensure(out.size() == layout.prompt.size() + layout.answer.size(), "room for prompt and answer");
  const std::array<Digits, 3> digits{digits_of(pair.a), digits_of(pair.b), digits_of(pair.a + pair.b)};
  static_assert(Role::a < Role::b && Role::b < Role::sum && Role::sum < Role::fixed);
  auto next = out.begin();
  for (const auto* part : {&layout.prompt, &layout.answer})
    for (const Slot& slot : *part)
      *next++ = slot.role == Role::fixed ? slot.token
                                         : layout.digit_tokens[digits[static_cast<std::size_t>(slot.role)]
                                                                     [static_cast<std::size_t>(slot.place)]];
}

std::optional<std::uint64_t> detokenise(const Layout& layout, std::span<const int> answer_tokens) {
  const auto digits = static_cast<std::size_t>(layout.answer_digits());
  ensure(answer_tokens.size() >= digits, "an answer has all its digits");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const auto digit = std::ranges::find(layout.digit_tokens, answer_tokens[i]);
    if (digit == layout.digit_tokens.end()) return std::nullopt;
    value += static_cast<std::uint64_t>(digit - layout.digit_tokens.begin()) *
             power_of_ten(layout.answer[i].place);
  }
  return value;
}

std::vector<int> carries(Pair pair, int digits) {
  std::vector<int> carry(static_cast<std::size_t>(digits) + 1, 0);
  for (int place = 0; place < digits; ++place) {
    const auto i = static_cast<std::size_t>(place);
    carry[i + 1] = digit_at(pair.a, place) + digit_at(pair.b, place) + carry[i] >= 10;
  }
  return carry;
}

int cascade_class(Pair pair, int digits) {
  int longest = 0, run = 0;
  for (int place = 0; place < digits; ++place) {
    const int both = digit_at(pair.a, place) + digit_at(pair.b, place);
    const bool passes = both == 9 && run > 0;
    run = both >= 10 ? 1 : passes ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace carryscope::model
