// What terms and comparisons of an expression are worth, given its readers' values.
#include "verify/query/expression.h"

namespace carryscope::verify::query {

std::optional<std::int64_t> evaluate(const Term& term,
                                     const std::vector<std::optional<std::int64_t>>& values) {
  if (term.op == Term::Op::constant) return term.constant;
  if (term.op == Term::Op::reader) return values[static_cast<std::size_t>(term.reader)];
  const auto x = evaluate(term.operands[0], values), y = evaluate(term.operands[1], values);
  if (!x || !y) return std::nullopt;
  switch (term.op) {
    case Term::Op::plus:
      return *x + *y;
    case Term::Op::minus:
      return *x - *y;
    case Term::Op::times:
      return *x * *y;
    default:
      return (*x % *y + *y) % *y;
  }
}

bool holds(Order order, std::int64_t left, std::int64_t right) {
  switch (order) {
    case Order::equal:
      return left == right;
    case Order::unequal:
      return left != right;
    case Order::less:
      return left < right;
    case Order::at_most:
      return left <= right;
    case Order::more:
      return left > right;
    case Order::at_least:
      return left >= right;
  }
  return false;
}

}  // namespace carryscope::verify::query
