// The task: two operands of n decimal digits become a sequence of tokens, the answer n+1 digits.
//
// Place i counts from the ones (0). Digits a_i, b_i and the carry c_i into place i give
// s_i = (a_i + b_i + c_i) mod 10 and c_{i+1} = [a_i + b_i + c_i >= 10]; s_n = c_n.
// A Layout says which token stands where; nothing else in the program knows an order of digits.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace carryscope::model {

inline constexpr int kMaxDigits = 18;  // operands and their sum fit in 64 bits, 10^(2n) in 128

struct Pair {
  std::uint64_t a = 0, b = 0;
  friend auto operator<=>(const Pair&, const Pair&) = default;
};

enum class Role : std::uint8_t { a, b, sum, fixed };

// What one position of the sequence holds: a digit of an operand or of the sum, or a fixed token.
struct Slot {
  Role role = Role::fixed;
  int place = 0;  // decimal place; only meaningful where role != fixed
  int token = 0;  // only meaningful where role == fixed
  friend bool operator==(const Slot&, const Slot&) = default;
};

struct Layout {
  int digits = 10;
  std::vector<Slot> prompt;            // roles a, b, fixed
  std::vector<Slot> answer;            // roles sum (each place 0..digits once), then perhaps fixed
  std::array<int, 10> digit_tokens{};  // token of each decimal digit
  std::optional<int> end_token;

  // The seeds' format: a most significant first, '+', b, '=', the sum least significant first, <EOS>.
  static Layout seeds(int digits = 10);

  int answer_digits() const { return digits + 1; }  // steps that exact match looks at
  int steps() const { return static_cast<int>(answer.size()); }
  // Tokens that the model reads: everything but the last generated one.
  int input_length() const { return static_cast<int>(prompt.size()) + steps() - 1; }
  // The slot at sequence position p, 0 <= p < prompt.size() + answer.size().
  const Slot& slot(int position) const;
  // The position whose output generates step t; its own slot is the last one read at that step.
  int query_position(int step) const { return static_cast<int>(prompt.size()) - 1 + step; }

  friend bool operator==(const Layout&, const Layout&) = default;
};

// Throws InputError naming `where` if the layout is inconsistent or does not fit the vocabulary.
void validate(const Layout& layout, int vocabulary, const std::string& where);

std::uint64_t power_of_ten(int exponent);  // 0 <= exponent <= 19
int digit_at(std::uint64_t value, int place);

// Tokens of prompt and *true* answer, in sequence order.
std::vector<int> tokenise(const Layout& layout, Pair pair);
void tokenise(const Layout& layout, Pair pair, std::span<int> out);  // out.size() = prompt + answer

// The number that the generated tokens spell; nothing if some answer digit is not a digit token.
std::optional<std::uint64_t> detokenise(const Layout& layout, std::span<const int> answer_tokens);

// carries(pair)[i] = c_i, the carry into place i, 0 <= i <= digits; c_0 = 0.
std::vector<int> carries(Pair pair, int digits);

// The class S_k of the reports, 0 <= k <= digits: S_0 where nothing carries; otherwise k is the longest run
// of places of which the first generates a carry (a_i + b_i >= 10) and each further one passes it on
// (a_i + b_i = 9). A place with a_i + b_i >= 10 that a carry reaches generates anew: its run starts at 1.
int cascade_class(Pair pair, int digits);

}  // namespace carryscope::model
