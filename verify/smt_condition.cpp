#include "verify/smt_condition.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "model/error.h"
#include "verify/query/condition.h"

namespace carryscope::verify {

namespace {

constexpr std::size_t kMostStates = 2'000;

using query::Condition;

// What the text names of the answer.
std::string about_answer(const std::string& text, const model::Layout& layout) {
  std::set<std::string, std::less<>> names{"predicted", "error"};
  for (const query::Variable& v : query::variables()) {
    const auto reader = v.make(query::Source::a, 0, layout);
    if (reader->of_answer || reader->of_first) names.insert(std::string(v.name));
  }
  std::string word;
  for (const char c : text + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
      word += c;
    } else {
      if (names.contains(word)) return word;
      word.clear();
    }
  }
  return "the answer";
}

int state_of(int state) {
  return state == Condition::kAlways ? Moves::kDone : state == Condition::kNever ? Moves::kNever : state;
}

// The letters of a place, with their carry in; place n has one for each last carry.
template <class Visit>
void for_each_letter(int place, int digits, Visit&& visit) {
  for (int carry = 0; carry <= (place > 0 ? 1 : 0); ++carry) {
    if (place == digits) {
      visit(carry, query::Letter{0, 0, carry, 0, query::kNoDigit, false});
      continue;
    }
    for (int a = 0; a < 10; ++a)
      for (int b = 0; b < 10; ++b) {
        const int sum = a + b + carry;
        visit(carry, query::Letter{a, b, sum % 10, sum >= 10 ? 1 : 0, query::kNoDigit, false});
      }
  }
}

}  // namespace

Moves spell_out(const query::Expression& where, const model::Layout& layout) {
  if (where.of_answer || where.of_first)
    throw model::InputError(
        fmt::format("--where: '{}' is about what the model answers, of which prove cannot speak; expected a "
                    "condition on the operands, the sum and the carries (hunt takes the others)",
                    about_answer(where.text, layout)));
  Condition condition(where, layout.digits, kMostStates);
  Moves moves;
  moves.start = state_of(condition.start());
  std::set<int> reached;
  if (moves.start >= 0) reached.insert(moves.start);
  for (int place = 0; place <= layout.digits; ++place) {
    auto& here = moves.at.emplace_back();
    std::set<int> next;
    for (const int from : reached)
      for_each_letter(place, layout.digits, [&](int carry, const query::Letter& letter) {
        const int to = state_of(condition.read(from, place, letter));
        if (to >= 0) next.insert(to);
        const auto same = std::ranges::find_if(here, [&](const Move& m) {
          return m.from == from && m.a == letter.a && m.carry == carry && m.to == to;
        });
        if (same != here.end())
          same->b = static_cast<Digits>(same->b | only(letter.b));
        else
          here.push_back({from, letter.a, carry, only(letter.b), to});
      });
    reached = std::move(next);
  }
  model::ensure(reached.empty(), "a condition is settled once all places are read");
  return moves;
}

bool meets(const query::Expression& where, const model::Layout& layout, model::Pair pair) {
  Condition condition(where, layout.digits, kMostStates);
  const auto carries = model::carries(pair, layout.digits);
  int state = condition.start();
  for (int i = 0; i <= layout.digits; ++i) {
    const bool top = i == layout.digits;
    const int in = carries[static_cast<std::size_t>(i)];
    query::Letter letter{0, 0, in, 0, query::kNoDigit, false};
    if (!top) {
      letter.a = model::digit_at(pair.a, i);
      letter.b = model::digit_at(pair.b, i);
      letter.s = (letter.a + letter.b + in) % 10;
      letter.out = carries[static_cast<std::size_t>(i + 1)];
    }
    state = condition.read(state, i, letter);
  }
  return state == Condition::kAlways;
}

}  // namespace carryscope::verify
