// A parser by recursive descent (expression.h): one function a level of precedence. What a level returns is
// a condition or a value; the operators say which they take.
#include "verify/query/expression.h"

#include <algorithm>
#include <array>
#include <variant>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::verify::query {

namespace {

constexpr Integer kLargestFactor = 1'000'000;
constexpr std::int64_t kLargestSmall = 1'000'000'000'000;
constexpr int kLargestModulus = 1000;
constexpr int kDeepest = 100;

Integer power(int exponent) { return exponent == 0 ? 1 : 10 * power(exponent - 1); }

struct Small {
  Term term;
  std::int64_t most = 0;  // its magnitude
  bool predicate = false;
};
using Value = std::variant<Integer, LinearForm, Small>;
using Item = std::variant<Value, Formula>;

struct Comparator {
  std::string_view text;
  Order order;
};
// Longer ones first.
constexpr std::array<Comparator, 6> kComparators{{{"==", Order::equal},
                                                  {"!=", Order::unequal},
                                                  {"<=", Order::at_most},
                                                  {">=", Order::at_least},
                                                  {"<", Order::less},
                                                  {">", Order::more}}};

struct Number {
  std::string_view name;
  std::array<int, kSources> factor;  // of a, b, sum, predicted
};
constexpr std::array<Number, 5> kNumbers{{{"a", {1, 0, 0, 0}},
                                          {"b", {0, 1, 0, 0}},
                                          {"sum", {0, 0, 1, 0}},
                                          {"predicted", {0, 0, 0, 1}},
                                          {"error", {0, 0, -1, 1}}}};

class Parser {
 public:
  Parser(const std::string& text, const model::Layout& layout) : text_(text), layout_(layout) {
    made_.text = text;
  }

  Expression parse() {
    made_.formula = condition(any());
    skip();
    if (at_ < text_.size()) fail("the condition should end here; join two with && or ||");
    for (const auto& reader : made_.readers) {
      made_.of_answer |= reader->of_answer;
      made_.of_first |= reader->of_first;
    }
    return std::move(made_);
  }

 private:
  [[noreturn]] void fail(const std::string& complaint) const { fail_at(at_, complaint); }
  [[noreturn]] void fail_at(std::size_t at, const std::string& complaint) const {
    const std::string rest = text_.substr(std::min(at, text_.size()), 12);
    throw model::InputError(fmt::format("--where, character {} ({}): {}", at + 1,
                                        rest.empty() ? "the end" : "'" + rest + "'", complaint));
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
    start_ = at_;
  }
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  bool take(std::string_view word) {
    skip();
    if (text_.compare(at_, word.size(), word) != 0) return false;
    const std::size_t end = at_ + word.size();
    if (is_letter(word[0]) && end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end])))
      return false;
    at_ = end;
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) fail(fmt::format("expected '{}'", word));
  }

  Formula condition(Item item) {
    if (auto* formula = std::get_if<Formula>(&item)) return std::move(*formula);
    auto* const small = std::get_if<Small>(&std::get<Value>(item));
    if (!small || !small->predicate) fail("expected a comparison, such as a[0] == 9 or error < 0");
    return comparison(small->term, Order::unequal, Term{});
  }
  Value value(Item item) {
    if (std::holds_alternative<Formula>(item)) fail("a condition has no value to compare or to add");
    return std::move(std::get<Value>(item));
  }

  Formula comparison(Term left, Order order, Term right) {
    Formula f;
    f.left = std::move(left);
    f.right = std::move(right);
    f.order = order;
    f.number = made_.comparisons++;
    return f;
  }
  static Formula join(Formula::Kind kind, std::vector<Formula> parts) {
    Formula f;
    f.kind = kind;
    f.parts = std::move(parts);
    return f;
  }

  Item any() {
    Item left = all();
    while (take("||") || take("or")) {
      std::vector<Formula> parts{condition(std::move(left))};
      parts.push_back(condition(all()));
      left = join(Formula::Kind::disjunction, std::move(parts));
    }
    return left;
  }
  Item all() {
    Item left = negated();
    while (take("&&") || take("and")) {
      std::vector<Formula> parts{condition(std::move(left))};
      parts.push_back(condition(negated()));
      left = join(Formula::Kind::conjunction, std::move(parts));
    }
    return left;
  }
  Item negated() {
    skip();
    const bool unequal = text_.compare(at_, 2, "!=") == 0;
    if (unequal || !(take("!") || take("not"))) return compared();
    if (++depth_ > kDeepest) fail("too many levels");
    std::vector<Formula> parts{condition(negated())};
    --depth_;
    return join(Formula::Kind::negation, std::move(parts));
  }

  std::optional<Order> comparator() {
    for (const Comparator& c : kComparators)
      if (take(c.text)) return c.order;
    return std::nullopt;
  }

  Item compared() {
    Item first = sum();
    std::optional<Order> order = comparator();
    if (!order) return first;
    Value left = value(std::move(first));
    std::optional<Formula> chain;
    for (; order; order = comparator()) {
      Value right = value(sum());
      Formula next = compare(left, *order, right);
      if (chain) {
        std::vector<Formula> parts{std::move(*chain)};
        parts.push_back(std::move(next));
        chain = join(Formula::Kind::conjunction, std::move(parts));
      } else {
        chain = std::move(next);
      }
      left = std::move(right);
    }
    return std::move(*chain);
  }

  Formula compare(const Value& left, Order order, const Value& right) {
    const bool whole = std::holds_alternative<LinearForm>(left) || std::holds_alternative<LinearForm>(right);
    if (!whole) return comparison(small(left).term, order, small(right).term);
    const bool equality = order == Order::equal;
    const LinearForm gap = add(form(left), form(right), -1);
    return comparison(reader_term(sign_of(gap, layout_.digits, equality)), order, Term{});
  }

  Item sum() {
    Item left = product();
    for (;;) {
      const bool plus = take("+");
      if (!plus && !take("-")) return left;
      Value x = value(std::move(left)), y = value(product());
      left = added(x, y, plus ? 1 : -1);
    }
  }
  Item product() {
    Item left = factor();
    for (;;) {
      const bool times = take("*");
      if (!times && !take("%")) return left;
      Value x = value(std::move(left)), y = value(factor());
      left = times ? multiplied(x, y) : modulo(x, y);
    }
  }
  Item factor() {
    if (++depth_ > kDeepest) fail("too many levels");
    Item made = take("-") ? Item{multiplied(Value{Integer{-1}}, value(factor()))} : primary();
    --depth_;
    return made;
  }
  Item primary() {
    skip();
    if (at_ < text_.size() && is_digit(text_[at_])) return Value{constant()};
    if (at_ < text_.size() && is_letter(text_[at_])) return Value{named()};
    if (!take("(")) fail("expected a number, a name or '('");
    Item inside = any();
    expect(")");
    return inside;
  }

  Integer constant() {
    Integer number = literal();
    if (!take("^")) return number;
    skip();
    const Integer exponent = at_ < text_.size() && is_digit(text_[at_]) ? literal() : Integer{-1};
    if (exponent < 0 || exponent > 36) fail_at(start_, "expected an exponent from 0 to 36");
    Integer made = 1;
    for (Integer i = 0; i < exponent; ++i) made = bounded(made * bounded(number));
    return made;
  }
  Integer literal() {
    skip();
    Integer number = 0;
    for (; at_ < text_.size() && is_digit(text_[at_]); ++at_)
      number = bounded(10 * number + (text_[at_] - '0'));
    return number;
  }
  Integer bounded(Integer x) const {
    if (x > power(18) * 1000 || x < -power(18) * 1000)
      fail_at(start_, "the number is too large; 10^21 is the largest");
    return x;
  }

  std::string name() {
    skip();
    std::string word;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) word += text_[at_++];
    return word;
  }
  std::string names() const {
    std::string list = "a, b, sum, predicted, error";
    for (const Variable& v : variables())
      list += fmt::format(", {}{}", v.name,
                          v.shape == Shape::indexed     ? "[i]"
                          : v.shape == Shape::of_number ? "(a)"
                                                        : "");
    return list;
  }

  Value named() {
    const std::string word = name();
    const std::size_t from = start_;
    skip();
    const char next = at_ < text_.size() ? text_[at_] : ' ';
    const Shape shape = next == '[' ? Shape::indexed : next == '(' ? Shape::of_number : Shape::plain;
    if (shape == Shape::plain)
      if (const auto n = std::ranges::find(kNumbers, word, &Number::name); n != kNumbers.end()) {
        LinearForm f;
        std::copy(n->factor.begin(), n->factor.end(), f.factor);
        return f;
      }
    for (const Variable& v : variables())
      if (v.name == word && v.shape == shape) return variable(v);
    fail_at(from, fmt::format("there is no '{}' written so; expected one of {}", word, names()));
  }

  Value variable(const Variable& v) {
    int place = 0;
    Source source = Source::a;
    if (take("[")) {
      const Integer asked = literal_or_fail("a place, counted from the ones (0)");
      if (asked >= v.places(layout_.digits))
        fail_at(start_, fmt::format("expected a place from 0 to {}", v.places(layout_.digits) - 1));
      place = static_cast<int>(asked);
      expect("]");
    } else if (take("(")) {
      const std::string word = name();
      const auto n = std::ranges::find(kNumbers, word, &Number::name);
      if (n == kNumbers.end() || word == "error") fail_at(start_, "expected a, b, sum or predicted");
      source = static_cast<Source>(n - kNumbers.begin());
      expect(")");
    }
    return Small{reader_term(v.make(source, place, layout_)), 1000, v.predicate};
  }
  Integer literal_or_fail(std::string_view what) {
    skip();
    if (at_ == text_.size() || !is_digit(text_[at_])) fail(fmt::format("expected {}", what));
    return literal();
  }

  Term reader_term(std::unique_ptr<Reader> reader) {
    Term term;
    term.op = Term::Op::reader;
    term.reader = static_cast<int>(made_.readers.size());
    made_.readers.push_back(std::move(reader));
    return term;
  }

  Small small(const Value& v) const {
    if (const auto* s = std::get_if<Small>(&v)) return *s;
    const auto* c = std::get_if<Integer>(&v);
    if (!c)
      fail(
          "a number such as a or error and a small value such as a[0] do not go together; compare or add "
          "numbers with numbers, small values with small values");
    Term term;  // beyond all small values, how far beyond does not matter
    term.constant = static_cast<std::int64_t>(
        std::clamp<Integer>(*c, -Integer{kLargestSmall} - 1, Integer{kLargestSmall} + 1));
    return {term, std::abs(term.constant), false};
  }
  LinearForm form(const Value& v) const {
    if (const auto* f = std::get_if<LinearForm>(&v)) return *f;
    LinearForm f;
    if (const auto* c = std::get_if<Integer>(&v)) return f.constant = *c, f;
    small(Value{f});  // complains
    return f;
  }
  LinearForm add(LinearForm x, const LinearForm& y, int sign) const {
    for (int i = 0; i < kSources; ++i) {
      x.factor[i] += sign * y.factor[i];
      if (x.factor[i] > kLargestFactor || x.factor[i] < -kLargestFactor)
        fail("a number is taken too often; a million times is the most");
    }
    x.constant = bounded(x.constant + sign * y.constant);
    return x;
  }

  Value added(const Value& x, const Value& y, int sign) const {
    const auto* p = std::get_if<Integer>(&x);
    const auto* q = std::get_if<Integer>(&y);
    if (p && q) return bounded(*p + sign * *q);
    if (std::holds_alternative<LinearForm>(x) || std::holds_alternative<LinearForm>(y))
      return add(form(x), form(y), sign);
    return combined(sign > 0 ? Term::Op::plus : Term::Op::minus, small(x), small(y));
  }
  Value multiplied(const Value& x, const Value& y) const {
    const auto* p = std::get_if<Integer>(&x);
    const auto* q = std::get_if<Integer>(&y);
    if (!p && !q) fail("one side of * must be a plain number");
    if (p && q) {
      if ((*p > power(9) || *p < -power(9)) && (*q > power(9) || *q < -power(9)))
        fail("the product is too large");
      return bounded(*p * *q);
    }
    const Integer times = p ? *p : *q;
    const Value& other = p ? y : x;
    if (std::holds_alternative<Small>(other))
      return combined(Term::Op::times, small(Value{times}), small(other));
    if (times > kLargestFactor || times < -kLargestFactor)
      fail("a number is taken too often; a million times is the most");
    LinearForm f = std::get<LinearForm>(other);
    for (Integer& factor : f.factor) factor *= times;
    f.constant *= times;
    return add(LinearForm{}, f, 1);
  }
  Value modulo(const Value& x, const Value& y) {
    const auto* m = std::get_if<Integer>(&y);
    if (!m || *m < 1 || *m > kLargestModulus)
      fail(fmt::format("expected a modulus from 1 to {} after %", kLargestModulus));
    if (const auto* c = std::get_if<Integer>(&x)) return Integer{(*c % *m + *m) % *m};
    if (const auto* f = std::get_if<LinearForm>(&x))
      return Small{reader_term(residue_of(*f, static_cast<int>(*m), layout_.digits)), kLargestModulus, false};
    return combined(Term::Op::modulo, small(x), small(y));
  }
  Small combined(Term::Op op, const Small& x, const Small& y) const {
    const Integer most = op == Term::Op::times ? Integer{x.most} * y.most : Integer{x.most} + y.most;
    if (most > kLargestSmall) fail("the value gets too large; 10^12 is the largest");
    Term term;
    term.op = op;
    term.operands = {x.term, y.term};
    return {term, static_cast<std::int64_t>(most), false};
  }

  const std::string& text_;
  const model::Layout& layout_;
  Expression made_;
  std::size_t at_ = 0, start_ = 0;  // of the word taken last
  int depth_ = 0;
};

}  // namespace

Expression parse(const std::string& text, const model::Layout& layout) {
  return Parser(text, layout).parse();
}

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
