// Value: what an arithmetic expression of a condition is worth while it is read: a plain number, a sum of
// multiples of whole numbers, or a small value. Numbers go with numbers, small values with small values.
#pragma once

#include <variant>

#include "verify/query/expression.h"
#include "verify/query/words.h"

namespace carryscope::verify::query {

struct Small {
  Term term;
  std::int64_t most = 0;  // its magnitude
  bool predicate = false;
};
using Value = std::variant<Integer, LinearForm, Small>;

// Each throws InputError at the place that `words` has reached: of the wrong kind, too large.
Small small(const Value& value, const Words& words);
LinearForm form(const Value& value, const Words& words);
LinearForm add(LinearForm x, const LinearForm& y, int sign, const Words& words);  // x + sign y
Value add(const Value& x, const Value& y, int sign, const Words& words);
Value multiply(const Value& x, const Value& y, const Words& words);
Small combine(Term::Op op, const Small& x, const Small& y, const Words& words);

}  // namespace carryscope::verify::query
