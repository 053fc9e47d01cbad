// The carry automaton's counts and the walk to the pair of an index (pair_classes.h).
#include "model/pair_classes.h"

#include <algorithm>

#include "model/error.h"

namespace carryscope::model {
namespace {

struct Letter {
  int a = 0, b = 0;
};

enum Effect : std::size_t { kKill, kPass, kGenerate };

// The digit pairs that have this effect on a carry, in order of a, then b.
const std::vector<Letter>& letters(std::size_t effect) {
  static const auto table = [] {
    std::array<std::vector<Letter>, 3> made;
    for (int a = 0; a < 10; ++a)
      for (int b = 0; b < 10; ++b)
        made[a + b <= 8 ? kKill : a + b == 9 ? kPass : kGenerate].push_back({a, b});
    return made;
  }();
  return table[effect];
}

}  // namespace

PairClass::PairClass(int digits, std::vector<bool> accepts)
    : digits_(digits),
      accepts_(std::move(accepts)),
      next_(static_cast<std::size_t>(digits),
            std::vector<Moves>(accepts_.size(), Moves{kDead, kDead, kDead})) {}

PairClass PairClass::of_cascade(int k, int digits) {
  ensure(digits >= 1 && digits <= kMaxDigits && k >= 0 && k <= digits, "a cascade class is 0 to digits");
  // State 2 run + met: a run of that many places ends here, and `met` says that one was k places long.
  std::vector<bool> accepts(2 * (static_cast<std::size_t>(k) + 1));
  for (std::size_t s = 0; s < accepts.size(); ++s) accepts[s] = s % 2 == 1 || k == 0;
  PairClass made(digits, std::move(accepts));
  for (auto& row : made.next_)
    for (int s = 0; s < static_cast<int>(row.size()); ++s) {
      const int run = s / 2, met = s % 2;
      const auto reach = [&](int longer) { return longer > k ? kDead : 2 * longer + (met || longer == k); };
      row[static_cast<std::size_t>(s)] = {met, run > 0 ? reach(run + 1) : met, reach(1)};
    }
  made.count();
  return made;
}

PairClass PairClass::of_carries(std::uint32_t pattern, int digits) {
  ensure(digits >= 1 && digits <= kMaxDigits, "a carry pattern has 1 to 18 places");
  ensure((pattern & 1) == 0 && pattern >> (digits + 1) == 0,
         "a carry pattern has no c_0 and no c beyond the digits");
  PairClass made(digits, {true, true});  // state = the carry
  for (int place = 0; place < digits; ++place) {
    const int wanted = static_cast<int>(pattern >> (place + 1) & 1);
    for (int carry = 0; carry < 2; ++carry) {
      auto& moves = made.next_[static_cast<std::size_t>(place)][static_cast<std::size_t>(carry)];
      moves[wanted ? kGenerate : kKill] = wanted;
      if (carry == wanted) moves[kPass] = wanted;
    }
  }
  made.count();
  return made;
}

void PairClass::count() {
  counts_.assign(next_.size() + 1, std::vector<Count>(accepts_.size(), 0));
  for (std::size_t s = 0; s < accepts_.size(); ++s) counts_.back()[s] = accepts_[s];
  for (std::size_t place = next_.size(); place-- > 0;)
    for (std::size_t s = 0; s < accepts_.size(); ++s)
      for (const std::size_t effect : {kKill, kPass, kGenerate})
        if (const int then = next_[place][s][effect]; then != kDead)
          counts_[place][s] += letters(effect).size() * counts_[place + 1][static_cast<std::size_t>(then)];
}

Pair PairClass::at(Count index) const {
  ensure(index < size(), "an index lies inside its class");
  Pair pair;
  std::size_t state = 0;
  for (int place = 0; place < digits_; ++place) {
    const auto p = static_cast<std::size_t>(place);
    std::size_t effect = kKill;
    Count behind = 0;
    for (;; ++effect) {
      ensure(effect <= kGenerate, "an index is reached");
      const int then = next_[p][state][effect];
      if (then == kDead) continue;
      behind = counts_[p + 1][static_cast<std::size_t>(then)];
      const Count all = letters(effect).size() * behind;
      if (index < all) break;
      index -= all;
    }
    const Letter letter = letters(effect)[static_cast<std::size_t>(index / behind)];
    index %= behind;
    pair.a += static_cast<std::uint64_t>(letter.a) * power_of_ten(place);
    pair.b += static_cast<std::uint64_t>(letter.b) * power_of_ten(place);
    state = static_cast<std::size_t>(next_[p][state][effect]);
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
