// Read from the ones up: a state is the carry, the best group whose cube holds already, and the set of
// cubes (a bit set, by group) that may still hold; letters that lead to the same state are added up.
#include "verify/check/unite.h"

#include <algorithm>
#include <map>

namespace carryscope::verify::check {

namespace {

using Bits = std::vector<std::uint64_t>;

bool restricted_at(const Cube& cube, const Cube& all, int place) {
  const int n = cube.digits;
  const auto differs = [&](int t) { return cube.at(t) != all.at(t); };
  return differs(a_token(place)) || differs(b_token(n, place)) || differs(s_token(n, place)) ||
         differs(c_token(n, place)) || differs(c_token(n, place + 1)) ||
         (place == n - 1 && differs(s_token(n, n)));
}

bool allows(const Cube& cube, int place, int carry, int a, int b) {
  const int n = cube.digits, sum = a + b + carry, out = sum >= 10;
  const auto has = [&](int t, int digit) { return (cube.at(t) >> digit & 1) != 0; };
  return has(a_token(place), a) && has(b_token(n, place), b) && has(s_token(n, place), sum % 10) &&
         has(c_token(n, place), carry) && has(c_token(n, place + 1), out) &&
         (place < n - 1 || has(s_token(n, n), out));
}

struct State {
  int carry = 0, best = 0;
  Bits alive;
  friend auto operator<=>(const State&, const State&) = default;
};

// The cubes among those alive that end here hold; they and all of no smaller group are settled.
void settle(State& state, const Bits& ending, const std::vector<Member>& members) {
  for (std::size_t w = 0; w < state.alive.size(); ++w)
    for (std::uint64_t bits = state.alive[w] & ending[w]; bits != 0; bits &= bits - 1)
      state.best =
          std::min(state.best, members[64 * w + static_cast<std::size_t>(__builtin_ctzll(bits))].group);
  for (std::size_t k = members.size(); k-- > 0 && members[k].group >= state.best;)
    state.alive[k / 64] &= ~(std::uint64_t{1} << k % 64);
}

}  // namespace

std::optional<std::vector<Count>> unite(std::vector<Member> members, int groups, int digits,
                                        std::uint64_t work) {
  std::ranges::stable_sort(members, {}, &Member::group);
  const Cube all = Cube::everything(digits);
  const std::size_t words = members.size() / 64 + 1;
  std::vector<int> last(members.size(), 0);
  for (std::size_t k = 0; k < members.size(); ++k)
    for (int place = 0; place < digits; ++place)
      if (restricted_at(members[k].cube, all, place)) last[k] = place;
  State start{0, groups, Bits(words, 0)};
  for (std::size_t k = 0; k < members.size(); ++k) start.alive[k / 64] |= std::uint64_t{1} << k % 64;
  std::map<State, Count> layer{{start, 1}};
  for (int place = 0; place < digits; ++place) {
    std::vector<Bits> allowed(200, Bits(words, 0));
    Bits ending(words, 0);
    for (std::size_t k = 0; k < members.size(); ++k) {
      const std::uint64_t bit = std::uint64_t{1} << k % 64;
      if (last[k] == place) ending[k / 64] |= bit;
      for (std::size_t letter = 0; letter < 200; ++letter)
        if (allows(members[k].cube, place, static_cast<int>(letter / 100), static_cast<int>(letter / 10 % 10),
                   static_cast<int>(letter % 10)))
          allowed[letter][k / 64] |= bit;
    }
    const std::uint64_t cost = 100 * (words + 10) * layer.size();
    if (cost > work) return std::nullopt;
    work -= cost;
    std::map<State, Count> next;
    for (const auto& [state, pairs] : layer)
      for (int a = 0; a < 10; ++a)
        for (int b = 0; b < 10; ++b) {
          State to{a + b + state.carry >= 10, state.best, state.alive};
          const Bits& mask = allowed[static_cast<std::size_t>(100 * state.carry + 10 * a + b)];
          for (std::size_t w = 0; w < words; ++w) to.alive[w] &= mask[w];
          settle(to, ending, members);
          next[std::move(to)] += pairs;
        }
    layer = std::move(next);
  }
  std::vector<Count> by_group(static_cast<std::size_t>(groups) + 1, 0);
  for (const auto& [state, pairs] : layer) by_group[static_cast<std::size_t>(state.best)] += pairs;
  return by_group;
}

}  // namespace carryscope::verify::check
