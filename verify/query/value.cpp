#include "verify/query/value.h"

#include <algorithm>

namespace carryscope::verify::query {
namespace {

constexpr Integer kLargestFactor = 1'000'000;
constexpr std::int64_t kLargestSmall = 1'000'000'000'000;

}  // namespace

Small small(const Value& v, const Words& words) {
  if (const auto* s = std::get_if<Small>(&v)) return *s;
  const auto* c = std::get_if<Integer>(&v);
  if (!c)
    words.fail(
        "a number such as a or error and a small value such as a[0] do not go together; compare or add "
        "numbers with numbers, small values with small values");
  Term term;  // beyond all small values, how far beyond does not matter
  term.constant = static_cast<std::int64_t>(
      std::clamp<Integer>(*c, -Integer{kLargestSmall} - 1, Integer{kLargestSmall} + 1));
  return {term, std::abs(term.constant), false};
}

LinearForm form(const Value& v, const Words& words) {
  if (const auto* f = std::get_if<LinearForm>(&v)) return *f;
  LinearForm f;
  if (const auto* c = std::get_if<Integer>(&v)) return f.constant = *c, f;
  small(Value{f}, words);  // complains
  return f;
}

LinearForm add(LinearForm x, const LinearForm& y, int sign, const Words& words) {
  for (int i = 0; i < kSources; ++i) {
    x.factor[i] += sign * y.factor[i];
    if (x.factor[i] > kLargestFactor || x.factor[i] < -kLargestFactor)
      words.fail("a number is taken too often; a million times is the most");
  }
  x.constant = words.bounded(x.constant + sign * y.constant);
  return x;
}

Value add(const Value& x, const Value& y, int sign, const Words& words) {
  const auto* p = std::get_if<Integer>(&x);
  const auto* q = std::get_if<Integer>(&y);
  if (p && q) return words.bounded(*p + sign * *q);
  if (std::holds_alternative<LinearForm>(x) || std::holds_alternative<LinearForm>(y))
    return add(form(x, words), form(y, words), sign, words);
  return combine(sign > 0 ? Term::Op::plus : Term::Op::minus, small(x, words), small(y, words), words);
}

Value multiply(const Value& x, const Value& y, const Words& words) {
  const auto* p = std::get_if<Integer>(&x);
  const auto* q = std::get_if<Integer>(&y);
  if (!p && !q) words.fail("one side of * must be a plain number");
  if (p && q) {
    if ((*p > power(9) || *p < -power(9)) && (*q > power(9) || *q < -power(9)))
      words.fail("the product is too large");
    return words.bounded(*p * *q);
  }
  const Integer times = p ? *p : *q;
  const Value& other = p ? y : x;
  if (std::holds_alternative<Small>(other))
    return combine(Term::Op::times, small(Value{times}, words), small(other, words), words);
  if (times > kLargestFactor || times < -kLargestFactor)
    words.fail("a number is taken too often; a million times is the most");
  LinearForm f = std::get<LinearForm>(other);
  for (Integer& factor : f.factor) factor *= times;
  f.constant *= times;
  return add(LinearForm{}, f, 1, words);
}

Small combine(Term::Op op, const Small& x, const Small& y, const Words& words) {
  const Integer most = op == Term::Op::times ? Integer{x.most} * y.most : Integer{x.most} + y.most;
  if (most > kLargestSmall) words.fail("the value gets too large; 10^12 is the largest");
  Term term;
  term.op = op;
  term.operands = {x.term, y.term};
  return {term, static_cast<std::int64_t>(most), false};
}

}  // namespace carryscope::verify::query
