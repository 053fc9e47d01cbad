#include "verify/failure_automaton.h"

#include <map>
#include <tuple>

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// A leaf's conditions: at places first..last, of letters; the top digit counts as the last place.
struct Condition {
  const Cube* cube;
  int group;
  int first, last;
};

Condition condition(const GroupedLeaf& leaf, const Cube& any) {
  const Cube& c = leaf.cube;
  const int n = c.digits;
  Condition k{&c, leaf.group, n, -1};
  const auto at = [&](int place) {
    k.first = std::min(k.first, place);
    k.last = std::max(k.last, place);
  };
  for (int i = 0; i < n; ++i) {
    const std::size_t p = index(i);
    if (c.a[p] != any.a[p] || c.b[p] != any.b[p] || c.s[p] != any.s[p] || c.c[p] != any.c[p]) at(i);
    if (c.c[p + 1] != any.c[p + 1] || (i == n - 1 && c.s[p + 1] != any.s[p + 1])) at(i);
  }
  if (k.last < 0) k.first = k.last = 0;
  return k;
}

bool allows(const Cube& c, int place, int a, int b, int s, int in, int out) {
  const std::size_t p = index(place);
  const bool letter = (c.a[p] >> a & 1) && (c.b[p] >> b & 1) && (c.s[p] >> s & 1) && (c.c[p] >> in & 1) &&
                      (c.c[p + 1] >> out & 1);
  return letter && (place + 1 < c.digits || (c.s[p + 1] >> out & 1));
}

}  // namespace

struct FailureAutomaton::Builder {
  using Alive = std::vector<int>;           // indices of conditions, ascending
  using Key = std::tuple<int, int, Alive>;  // carry, best, alive

  const std::vector<Condition>& conditions;
  const Cube& within;
  int place = 0;
  std::vector<Alive> starters;  // [(a * 10 + b) * 2 + carry]: conditions that begin here and allow the letter

  void find_starters(const std::vector<int>& beginning) {
    starters.assign(200, {});
    for_each_letter(within, place, [&](int a, int b, int s, int in, int out) {
      for (const int k : beginning)
        if (allows(*conditions[index(k)].cube, place, a, b, s, in, out))
          starters[index((a * 10 + b) * 2 + in)].push_back(k);
    });
  }

  // The state after a letter.
  Key next(const Key& from, int a, int b, int s, int in, int out) const {
    int best = std::get<1>(from);
    Alive alive;
    const auto keep = [&](int k) {
      const Condition& c = conditions[index(k)];
      if (c.last <= place)
        best = std::min(best, c.group);
      else
        alive.push_back(k);
    };
    for (const int k : std::get<2>(from))
      if (allows(*conditions[index(k)].cube, place, a, b, s, in, out)) keep(k);
    for (const int k : starters[index((a * 10 + b) * 2 + in)]) keep(k);
    std::erase_if(alive, [&](int k) { return conditions[index(k)].group >= best; });
    std::sort(alive.begin(), alive.end());
    return {out, best, std::move(alive)};
  }
};

std::optional<FailureAutomaton> FailureAutomaton::build(const std::vector<GroupedLeaf>& leaves, int groups,
                                                        const Cube& within, std::uint64_t work) {
  const Cube any = Cube::everything(within.digits);
  std::vector<Condition> conditions;
  for (const GroupedLeaf& leaf : leaves) conditions.push_back(condition(leaf, any));
  FailureAutomaton automaton;
  automaton.digits_ = within.digits;
  automaton.groups_ = groups;
  Builder builder{conditions, within, 0, {}};
  std::map<Builder::Key, int> layer{{{0, groups, {}}, 0}};
  for (int place = 0; place < within.digits; ++place) {
    builder.place = place;
    std::vector<int> beginning;
    for (int k = 0; k < static_cast<int>(conditions.size()); ++k)
      if (conditions[index(k)].first == place) beginning.push_back(k);
    builder.find_starters(beginning);
    std::map<Builder::Key, int> above;
    automaton.layers_.emplace_back(layer.size());
    for (const auto& [key, number] : layer) {
      State& state = automaton.layers_.back()[index(number)];
      state.carry = std::get<0>(key);
      state.best = std::get<1>(key);
      std::map<std::pair<int, Effect>, Count> edges;
      for_each_letter(within, place, [&](int a, int b, int s, int in, int out) {
        if (in != state.carry) return;
        if (place + 1 == within.digits && !allows_top(within, out)) return;
        const auto to =
            above.try_emplace(builder.next(key, a, b, s, in, out), static_cast<int>(above.size())).first;
        ++edges[{to->second, a + b >= 10 ? kGenerate : a + b == 9 ? kPass : kKill}];
      });
      for (const auto& [edge, letters] : edges) state.edges.push_back({edge.first, edge.second, letters});
      const std::uint64_t spent = 100 * (std::get<2>(key).size() + beginning.size() / 10 + 1);
      if (spent > work) return std::nullopt;
      work -= spent;
    }
    layer = std::move(above);
  }
  automaton.layers_.emplace_back(layer.size());
  for (const auto& [key, number] : layer)
    automaton.layers_.back()[index(number)] = {std::get<0>(key), std::get<1>(key), {}};
  return automaton;
}

std::vector<Count> FailureAutomaton::count() const {
  std::vector<Count> here(layers_[0].size(), 1), above;
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
    above.assign(layers_[i + 1].size(), 0);
    for (std::size_t s = 0; s < here.size(); ++s)
      for (const Edge& e : layers_[i][s].edges) above[index(e.to)] += here[s] * e.letters;
    here.swap(above);
  }
  std::vector<Count> by_group(index(groups_) + 1, 0);
  for (std::size_t s = 0; s < here.size(); ++s) by_group[index(layers_.back()[s].best)] += here[s];
  return by_group;
}

std::vector<std::vector<Count>> FailureAutomaton::count_by_cascade() const {
  // paths[state][run * size + longest]
  const std::size_t size = index(digits_) + 1;
  std::vector<std::vector<Count>> here(1, std::vector<Count>(size * size, 0)), above;
  here[0][0] = 1;
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
    above.assign(layers_[i + 1].size(), std::vector<Count>(size * size, 0));
    for (std::size_t s = 0; s < here.size(); ++s)
      for (const Edge& e : layers_[i][s].edges)
        for (std::size_t run = 0; run < size; ++run)
          for (std::size_t longest = run; longest < size; ++longest) {
            const Count paths = here[s][run * size + longest];
            if (paths == 0) continue;
            const std::size_t now = e.effect == kGenerate ? 1 : e.effect == kPass && run > 0 ? run + 1 : 0;
            above[index(e.to)][now * size + std::max(longest, now)] += paths * e.letters;
          }
    here.swap(above);
  }
  std::vector<std::vector<Count>> counts(size, std::vector<Count>(index(groups_) + 1, 0));
  for (std::size_t s = 0; s < here.size(); ++s)
    for (std::size_t run = 0; run < size; ++run)
      for (std::size_t longest = run; longest < size; ++longest)
        counts[longest][index(layers_.back()[s].best)] += here[s][run * size + longest];
  return counts;
}

// here[state]: paths to the states of `place` with the carries in `bits`.
void FailureAutomaton::walk(int place, const std::vector<Count>& here, std::size_t bits,
                            std::vector<std::vector<Count>>& counts) const {
  if (place == digits_) {
    for (std::size_t s = 0; s < here.size(); ++s) counts[bits][index(layers_.back()[s].best)] += here[s];
    return;
  }
  for (int carry = 0; carry < 2; ++carry) {
    std::vector<Count> above(layers_[index(place) + 1].size(), 0);
    bool any = false;
    for (std::size_t s = 0; s < here.size(); ++s) {
      if (here[s] == 0) continue;
      for (const Edge& e : layers_[index(place)][s].edges) {
        if (layers_[index(place) + 1][index(e.to)].carry != carry) continue;
        above[index(e.to)] += here[s] * e.letters;
        any = true;
      }
    }
    if (any) walk(place + 1, above, bits | index(carry) << place, counts);
  }
}

std::vector<std::vector<Count>> FailureAutomaton::count_by_carries() const {
  std::vector<std::vector<Count>> counts(std::size_t{1} << digits_,
                                         std::vector<Count>(index(groups_) + 1, 0));
  walk(0, {1}, 0, counts);
  return counts;
}

}  // namespace carryscope::verify
