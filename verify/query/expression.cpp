// A parser by recursive descent (expression.h): one function a level of precedence. What a level returns is
// a condition or a value; the operators say which they take.
#include "verify/query/expression.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "verify/query/value.h"

namespace carryscope::verify::query {

namespace {

constexpr int kLargestModulus = 1000;
constexpr int kDeepest = 100;

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
  Parser(const std::string& text, const model::Layout& layout) : words_(text), layout_(layout) {
    made_.text = text;
  }

  Expression parse() {
    made_.formula = condition(any());
    if (!words_.at_end()) fail("the condition should end here; join two with && or ||");
    for (const auto& reader : made_.readers) {
      made_.of_answer |= reader->of_answer;
      made_.of_first |= reader->of_first;
    }
    return std::move(made_);
  }

 private:
  [[noreturn]] void fail(const std::string& complaint) const { words_.fail(complaint); }
  bool take(std::string_view word) { return words_.take(word); }

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
    if (words_.ahead("!=") || !(take("!") || take("not"))) return compared();
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
    if (!whole) return comparison(small(left, words_).term, order, small(right, words_).term);
    const bool equality = order == Order::equal;
    const LinearForm gap = add(form(left, words_), form(right, words_), -1, words_);
    return comparison(reader_term(sign_of(gap, layout_.digits, equality)), order, Term{});
  }

  Item sum() {
    Item left = product();
    for (;;) {
      const bool plus = take("+");
      if (!plus && !take("-")) return left;
      Value x = value(std::move(left)), y = value(product());
      left = add(x, y, plus ? 1 : -1, words_);
    }
  }
  Item product() {
    Item left = factor();
    for (;;) {
      const bool times = take("*");
      if (!times && !take("%")) return left;
      Value x = value(std::move(left)), y = value(factor());
      left = times ? multiply(x, y, words_) : modulo(x, y);
    }
  }
  Item factor() {
    if (++depth_ > kDeepest) fail("too many levels");
    Item made = take("-") ? Item{multiply(Value{Integer{-1}}, value(factor()), words_)} : primary();
    --depth_;
    return made;
  }
  Item primary() {
    if (words_.at_digit()) return Value{constant()};
    if (words_.at_letter()) return Value{named()};
    if (!take("(")) fail("expected a number, a name or '('");
    Item inside = any();
    words_.expect(")");
    return inside;
  }

  Integer constant() {
    const Integer number = words_.literal();
    if (!take("^")) return number;
    const Integer exponent = words_.at_digit() ? words_.literal() : Integer{-1};
    if (exponent < 0 || exponent > 36) words_.fail_word("expected an exponent from 0 to 36");
    Integer made = 1;
    for (Integer i = 0; i < exponent; ++i) made = words_.bounded(made * words_.bounded(number));
    return made;
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
    const Words from = words_;
    const std::string word = words_.name();
    const Shape shape = words_.ahead("[")   ? Shape::indexed
                        : words_.ahead("(") ? Shape::of_number
                                            : Shape::plain;
    if (shape == Shape::plain)
      if (const auto n = std::ranges::find(kNumbers, word, &Number::name); n != kNumbers.end()) {
        LinearForm f;
        std::copy(n->factor.begin(), n->factor.end(), f.factor);
        return f;
      }
    for (const Variable& v : variables())
      if (v.name == word && v.shape == shape) return variable(v);
    from.fail(fmt::format("there is no '{}' written so; expected one of {}", word, names()));
  }

  Value variable(const Variable& v) {
    int place = 0;
    Source source = Source::a;
    if (take("[")) {
      if (!words_.at_digit()) fail("expected a place, counted from the ones (0)");
      const Integer asked = words_.literal();
      if (asked >= v.places(layout_.digits))
        words_.fail_word(fmt::format("expected a place from 0 to {}", v.places(layout_.digits) - 1));
      place = static_cast<int>(asked);
      words_.expect("]");
    } else if (take("(")) {
      const std::string word = words_.name();
      const auto n = std::ranges::find(kNumbers, word, &Number::name);
      if (n == kNumbers.end() || word == "error") words_.fail_word("expected a, b, sum or predicted");
      source = static_cast<Source>(n - kNumbers.begin());
      words_.expect(")");
    }
    return Small{reader_term(v.make(source, place, layout_)), 1000, v.predicate};
  }

  Term reader_term(std::unique_ptr<Reader> reader) {
    Term term;
    term.op = Term::Op::reader;
    term.reader = static_cast<int>(made_.readers.size());
    made_.readers.push_back(std::move(reader));
    return term;
  }

  Value modulo(const Value& x, const Value& y) {
    const auto* m = std::get_if<Integer>(&y);
    if (!m || *m < 1 || *m > kLargestModulus)
      fail(fmt::format("expected a modulus from 1 to {} after %", kLargestModulus));
    if (const auto* c = std::get_if<Integer>(&x)) return Integer{(*c % *m + *m) % *m};
    if (const auto* f = std::get_if<LinearForm>(&x))
      return Small{reader_term(residue_of(*f, static_cast<int>(*m), layout_.digits)), kLargestModulus, false};
    return combine(Term::Op::modulo, small(x, words_), small(y, words_), words_);
  }
  Words words_;
  const model::Layout& layout_;
  Expression made_;
  int depth_ = 0;
};

}  // namespace

Expression parse(const std::string& text, const model::Layout& layout) {
  return Parser(text, layout).parse();
}

}  // namespace carryscope::verify::query
