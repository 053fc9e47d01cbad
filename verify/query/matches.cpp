#include "verify/query/matches.h"

#include <algorithm>

#include "model/error.h"

namespace carryscope::verify::query {

namespace {

std::size_t index(std::uint32_t i) { return i; }
std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

Matches::Matches(const FailureDiagram& diagram, FailureDiagram::Ref root, std::vector<bool> groups,
                 Condition& condition, const model::Layout& layout, int first)
    : diagram_(diagram),
      groups_(std::move(groups)),
      condition_(condition),
      layout_(layout),
      digits_(layout.digits),
      first_(first) {
  step_of_place_.resize(index(digits_) + 1);
  for (int step = 0; step < layout.answer_digits(); ++step)
    step_of_place_[index(layout.answer[index(step)].place)] = step;
  reached_.push_back({root, 0, condition.start()});
  for (int place = 0; place < digits_; ++place) {
    const auto layer = std::move(reached_);
    reached_.clear();
    numbers_.clear();
    steps_.emplace_back(layer.size());
    for (std::size_t s = 0; s < layer.size(); ++s) read_place(place, layer[s], steps_.back()[s]);
  }
  std::vector<bool> ends;
  for (const State& end : reached_) ends.push_back(accepted(end));
  count_paths(ends);
}

// The condition's states after the letter, over every answer that the model may give there.
const std::vector<int>& Matches::after(int state, int place, Letter letter) {
  const int step = step_of_place_[index(place)];
  letter.first = step == first_;
  letter.said = letter.s;
  scratch_.clear();
  if (!condition_.of_answer() || first_ < 0 || step < first_) {
    scratch_.push_back(condition_.read(state, place, letter));
    return scratch_;
  }
  for (letter.said = kNoDigit; letter.said < 10; ++letter.said) {
    if (letter.first && letter.said == letter.s) continue;
    const int next = condition_.read(state, place, letter);
    if (std::ranges::find(scratch_, next) == scratch_.end()) scratch_.push_back(next);
  }
  return scratch_;
}

std::uint32_t Matches::number(State state) {
  const std::uint64_t key = static_cast<std::uint64_t>(state.node) << 32 |
                            static_cast<std::uint64_t>(2 * state.condition + state.carry);
  const auto [found, fresh] = numbers_.try_emplace(key, static_cast<std::uint32_t>(reached_.size()));
  if (fresh) reached_.push_back(state);
  return found->second;
}

void Matches::read_place(int place, State from, std::vector<Step>& steps) {
  const auto last = static_cast<FailureDiagram::Ref>(diagram_.groups());
  for (int a = 0; a < 10; ++a)
    for (int b = 0; b < 10; ++b) {
      const FailureDiagram::Ref next = diagram_.after(from.node, place, from.carry, a, b);
      if (next <= last && !groups_[next]) continue;
      const int sum = a + b + from.carry, out = sum >= 10;
      for (const int then : after(from.condition, place, {a, b, sum - 10 * out, out, 0, false}))
        if (then != Condition::kNever)
          steps.push_back(
              {static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b), number({next, out, then})});
    }
}

bool Matches::accepted(State end) {
  if (!groups_[index(diagram_.group(end.node, end.carry))]) return false;
  const auto& ends = after(end.condition, digits_, {0, 0, end.carry, 0, 0, false});
  return std::ranges::find(ends, static_cast<int>(Condition::kAlways)) != ends.end();
}

void Matches::count_paths(const std::vector<bool>& ends) {
  paths_.assign(index(digits_) + 1, {});
  paths_.back().assign(ends.begin(), ends.end());
  for (std::size_t place = index(digits_); place-- > 0;)
    for (const auto& steps : steps_[place]) {
      Count sum = 0;
      for (const Step& step : steps) sum += paths_[place + 1][index(step.to)];
      paths_[place].push_back(sum);
    }
}

model::Pair Matches::at(Count rank) const {
  model::ensure(rank < count(), "an index lies inside the matches");
  model::Pair pair;
  std::size_t state = 0;
  for (int place = 0; place < digits_; ++place)
    for (const Step& step : steps_[index(place)][state]) {
      const Count behind = paths_[index(place) + 1][index(step.to)];
      if (rank >= behind) {
        rank -= behind;
        continue;
      }
      pair.a += static_cast<std::uint64_t>(step.a) * model::power_of_ten(place);
      pair.b += static_cast<std::uint64_t>(step.b) * model::power_of_ten(place);
      state = index(step.to);
      break;
    }
  return pair;
}

// From the last place down, the best that each state leads to: higher digits decide before lower ones.
model::Pair Matches::smallest() const {
  model::ensure(count() > 0, "there is a smallest match");
  const auto less = [](model::Pair x, model::Pair y) {
    return x.a + x.b != y.a + y.b ? x.a + x.b < y.a + y.b : x.a < y.a;
  };
  std::vector<model::Pair> above(paths_.back().size());
  for (std::size_t place = index(digits_); place-- > 0;) {
    std::vector<model::Pair> here(steps_[place].size());
    for (std::size_t s = 0; s < here.size(); ++s) {
      bool any = false;
      for (const Step& step : steps_[place][s]) {
        if (paths_[place + 1][index(step.to)] == 0) continue;
        const model::Pair rest = above[index(step.to)];
        const model::Pair pair{10 * rest.a + static_cast<std::uint64_t>(step.a),
                               10 * rest.b + static_cast<std::uint64_t>(step.b)};
        if (!any || less(pair, here[s])) here[s] = pair;
        any = true;
      }
    }
    above = std::move(here);
  }
  return above[0];
}

}  // namespace carryscope::verify::query
