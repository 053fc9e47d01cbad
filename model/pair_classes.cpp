// The carry automaton's counts and the walk to the pair of an index (pair_classes.h).
#include "model/pair_classes.h"

#include <algorithm>

#include "model/error.h"

namespace carryscope::model {
namespace {

struct Letter {
  int a = 0, b = 0;
};

// letters[carry in][carry out]: the digit pairs that make this move, in order of a, then b.
const std::vector<Letter>& letters(int carry_in, int carry_out) {
  static const auto table = [] {
    std::array<std::array<std::vector<Letter>, 2>, 2> made;
    for (int in = 0; in < 2; ++in)
      for (int a = 0; a < 10; ++a)
        for (int b = 0; b < 10; ++b) made[static_cast<std::size_t>(in)][a + b + in >= 10].push_back({a, b});
    return made;
  }();
  return table[static_cast<std::size_t>(carry_in)][static_cast<std::size_t>(carry_out)];
}

}  // namespace

PairClass::PairClass(int digits, std::vector<State> states)
    : digits_(digits),
      states_(std::move(states)),
      next_(static_cast<std::size_t>(digits),
            std::vector<std::array<int, 2>>(states_.size(), {kDead, kDead})) {}

PairClass PairClass::of_cascade(int k, int digits) {
  ensure(digits >= 1 && digits <= kMaxDigits && k >= 0 && k <= digits, "a cascade class is 0 to digits");
  // State 2 run + met: `run` carries in a row end here, and `met` says that k of them once did.
  const int met = k == 0;
  std::vector<State> states(2 * (static_cast<std::size_t>(k) + 1));
  for (std::size_t s = 0; s < states.size(); ++s) states[s] = {s >= 2, s % 2 == 1 || met};
  PairClass made(digits, std::move(states));
  for (auto& row : made.next_)
    for (int s = 0; s < static_cast<int>(row.size()); ++s) {
      const int run = s / 2 + 1;
      const int then = run > k ? kDead : 2 * run + (s % 2 == 1 || run == k);
      row[static_cast<std::size_t>(s)] = {s % 2, then};
    }
  made.count();
  return made;
}

PairClass PairClass::of_carries(std::uint32_t pattern, int digits) {
  ensure(digits >= 1 && digits <= kMaxDigits, "a carry pattern has 1 to 18 places");
  ensure((pattern & 1) == 0 && pattern >> (digits + 1) == 0,
         "a carry pattern has no c_0 and no c beyond the digits");
  PairClass made(digits, {{0, true}, {1, true}});
  for (int place = 0; place < digits; ++place) {
    const int wanted = static_cast<int>(pattern >> (place + 1) & 1);
    for (auto& moves : made.next_[static_cast<std::size_t>(place)])
      moves[static_cast<std::size_t>(wanted)] = wanted;
  }
  made.count();
  return made;
}

void PairClass::count() {
  counts_.assign(static_cast<std::size_t>(digits_) + 1, std::vector<Count>(states_.size(), 0));
  for (std::size_t s = 0; s < states_.size(); ++s) counts_.back()[s] = states_[s].accept;
  for (std::size_t place = next_.size(); place-- > 0;)
    for (std::size_t s = 0; s < states_.size(); ++s)
      for (int out = 0; out < 2; ++out)
        if (const int then = next_[place][s][static_cast<std::size_t>(out)]; then != kDead)
          counts_[place][s] +=
              letters(states_[s].carry, out).size() * counts_[place + 1][static_cast<std::size_t>(then)];
}

Pair PairClass::at(Count index) const {
  ensure(index < size(), "an index lies inside its class");
  Pair pair;
  std::size_t state = 0;
  for (int place = 0; place < digits_; ++place) {
    const auto p = static_cast<std::size_t>(place);
    // Pairs that carry out of this place come after those that do not.
    int out = 0;
    Count behind = 0;
    for (;; ++out) {
      ensure(out < 2, "an index is reached");
      const int then = next_[p][state][static_cast<std::size_t>(out)];
      if (then == kDead) continue;
      behind = counts_[p + 1][static_cast<std::size_t>(then)];
      const Count all = letters(states_[state].carry, out).size() * behind;
      if (index < all) break;
      index -= all;
    }
    const Letter letter = letters(states_[state].carry, out)[static_cast<std::size_t>(index / behind)];
    index %= behind;
    pair.a += static_cast<std::uint64_t>(letter.a) * power_of_ten(place);
    pair.b += static_cast<std::uint64_t>(letter.b) * power_of_ten(place);
    state = static_cast<std::size_t>(next_[p][state][static_cast<std::size_t>(out)]);
  }
  return pair;
}

std::vector<Pair> PairClass::sample(std::size_t count, std::uint64_t seed) const {
  ensure(size() > 0, "pairs are drawn from a class that has some");
  PythonRandom random(seed);
  std::vector<Pair> pairs(count);
  for (Pair& pair : pairs) pair = at(random.below(size()));
  return pairs;
}

}  // namespace carryscope::model
