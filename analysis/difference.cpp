#include "analysis/difference.h"

#include <algorithm>
#include <array>
#include <map>

#include "model/error.h"
#include "verify/failure_diagram.h"

namespace carryscope::analysis {
namespace {

using verify::Count, verify::FailureDiagram;

constexpr std::size_t kMostNodes = 3'000'000, kMostStates = 1'000'000;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Groups of a diagram: step by step, there the tokens and at last the unknown one.
struct Groups {
  explicit Groups(const model::Decoder& decoder)
      : steps(decoder.layout.answer_digits()), tokens(decoder.vocabulary) {}
  int count() const { return steps * (tokens + 1); }
  int of(int step, std::optional<int> token) const { return step * (tokens + 1) + token.value_or(tokens); }
  Departure departure(int group) const {
    const int step = group / (tokens + 1), token = group % (tokens + 1);
    return {step, token < tokens && step < steps ? std::optional(token) : std::nullopt};
  }
  int steps, tokens;
};

struct Departures {
  Departures(const Subject& subject, const verify::Deadline& deadline)
      : groups(subject.decoder()),
        diagram(subject.decoder().layout.digits, groups.count(), kMostNodes, deadline),
        root(diagram.nothing()) {
    const std::vector<Exceptions>& all = subject.exceptions();
    for (int step = 0; step < groups.steps; ++step) {
      std::map<int, std::vector<verify::Cube>> cubes;
      for (const Answer& e : all[index(step)]) cubes[groups.of(step, e.token)].push_back(e.cube);
      for (const auto& [group, of_group] : cubes) root = diagram.smaller(root, diagram.of(of_group, group));
      root = diagram.keep_only(root);
    }
  }

  Groups groups;
  FailureDiagram diagram;
  FailureDiagram::Ref root;
};

Alike compare(const Departure& x, const Departure& y, int steps) {
  if (x.step == steps && y.step == steps) return Alike::yes;
  // Up to the earlier departure both answers are true, and there the other one still is or departs too.
  const Departure& earlier = x.step <= y.step ? x : y;
  if (!earlier.token) return Alike::unknown;
  if (x.step != y.step) return Alike::no;
  return x.token && y.token && x.token != y.token ? Alike::no : Alike::unknown;
}

// The product of two diagrams and the carry, place by place, with one pair that leads to each state.
class Product {
 public:
  Product(const Departures& x, const Departures& y) : x_(x), y_(y) {
    layer_[{x.root, y.root, 0}] = {1, {}};
    for (int place = 0; place < x.diagram.digits(); ++place) read(place);
  }

  Difference result() const {
    std::map<std::array<int, 2>, Reached> by_groups;
    for (const auto& [state, reached] : layer_) {
      const auto& [x, y, carry] = state;
      add(by_groups[{x_.diagram.group(x, carry), y_.diagram.group(y, carry)}], reached);
    }
    Difference out;
    for (const auto& [groups, reached] : by_groups) {
      const Departure first = x_.groups.departure(groups[0]), second = y_.groups.departure(groups[1]);
      const Alike alike = compare(first, second, x_.groups.steps);
      out.total += reached.pairs;
      (alike == Alike::yes ? out.alike : alike == Alike::no ? out.differ : out.undecided) += reached.pairs;
      if (alike != Alike::yes) out.classes.push_back({first, second, alike, reached.pairs, reached.example});
    }
    std::ranges::stable_sort(out.classes, std::greater{}, &DifferenceClass::pairs);
    return out;
  }

 private:
  struct State {
    FailureDiagram::Ref x = 0, y = 0;
    int carry = 0;
    auto operator<=>(const State&) const = default;
  };
  struct Reached {
    Count pairs = 0;
    model::Pair example;
  };

  static void add(Reached& sum, const Reached& more) {
    if (sum.pairs == 0) sum.example = more.example;
    sum.pairs += more.pairs;
  }

  void read(int place) {
    std::map<State, Reached> next;
    const std::uint64_t unit = model::power_of_ten(place);
    for (const auto& [state, reached] : layer_)
      for (int a = 0; a < 10; ++a)
        for (int b = 0; b < 10; ++b) {
          const State to{x_.diagram.after(state.x, place, state.carry, a, b),
                         y_.diagram.after(state.y, place, state.carry, a, b), a + b + state.carry >= 10};
          const model::Pair pair{reached.example.a + static_cast<std::uint64_t>(a) * unit,
                                 reached.example.b + static_cast<std::uint64_t>(b) * unit};
          add(next[to], {reached.pairs, pair});
        }
    if (next.size() > kMostStates) throw verify::DiagramTooLarge{};
    layer_ = std::move(next);
  }

  const Departures &x_, &y_;
  std::map<State, Reached> layer_;
};

void check(const model::Layout& x, const model::Layout& y) {
  if (x.digits == y.digits && x.answer == y.answer && x.digit_tokens == y.digit_tokens) return;
  throw model::InputError(
      "the two models answer in other numbers of digits, other orders or other tokens; expected models whose "
      "answers are written alike");
}

}  // namespace

Difference difference(const Subject& first, const Subject& second) {
  const model::Layout& layout = first.decoder().layout;
  check(layout, second.decoder().layout);
  const verify::Deadline deadline(first.options().time_limit, first.options().interrupted);
  try {
    const Departures x(first, deadline), y(second, deadline);
    return Product(x, y).result();
  } catch (const verify::DiagramTooLarge&) {
    const Count all = verify::all_pairs(layout.digits);
    return {all, 0, 0, all, {{{0, {}}, {0, {}}, Alike::unknown, all, {}}}};
  }
}

}  // namespace carryscope::analysis
