// Expression: a condition on a pair and on what the model answers, as text and as a formula over readers.
//
//   condition   condition || condition, condition && condition, ! condition, ( condition ), a comparison,
//               or a predicate such as palindrome(a); also written or, and, not
//   comparison  x == y, !=, <, <=, >, >=; chains such as 1 <= a[3] < 5
//   arithmetic  + - * %, numbers such as 1000 or 10^6
// a, b, sum, predicted and error = predicted - sum are whole numbers: their sums and multiples are compared
// with one another. Digits, lengths and counts are small values: compared with small values. A comparison
// that needs the number the model says is false where it says none. docs/hunt.md has the table.
#pragma once

#include <optional>
#include <vector>

#include "verify/query/readers.h"

namespace carryscope::verify::query {

// An arithmetic expression over the values of readers.
struct Term {
  enum class Op : std::uint8_t { constant, reader, plus, minus, times, modulo };
  Op op = Op::constant;
  std::int64_t constant = 0;
  int reader = 0;
  std::vector<Term> operands;  // two of them, where the operation has any
};

enum class Order : std::uint8_t { equal, unequal, less, at_most, more, at_least };

struct Formula {
  enum class Kind : std::uint8_t { comparison, negation, conjunction, disjunction };
  Kind kind = Kind::comparison;
  std::vector<Formula> parts;  // one, or two
  Term left, right;            // of a comparison
  Order order = Order::equal;
  int number = 0;  // of the comparison, from 0
};

struct Expression {
  std::string text;
  std::vector<std::unique_ptr<Reader>> readers;
  Formula formula;
  int comparisons = 0;
  bool of_answer = false, of_first = false;  // asks for what the model says; for the first wrong step
};

// Throws InputError that names the character. The layout must outlive the result.
Expression parse(const std::string& text, const model::Layout& layout);

// The value of a term, given those of the readers; nothing where one of them has none.
std::optional<std::int64_t> evaluate(const Term& term,
                                     const std::vector<std::optional<std::int64_t>>& values);
bool holds(Order order, std::int64_t left, std::int64_t right);

}  // namespace carryscope::verify::query
