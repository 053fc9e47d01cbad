#include "verify/failure_automaton.h"

#include <algorithm>

#include "verify/carries.h"

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

void FailureAutomaton::add_letter(std::vector<Edge>& edges, int to, Effect effect) {
  const auto same = [&](const Edge& e) { return e.to == to && e.effect == effect; };
  const auto found = std::find_if(edges.rbegin(), edges.rend(), same);  // mostly the last one
  if (found == edges.rend())
    edges.push_back({to, effect, 1});
  else
    ++found->letters;
}

std::optional<FailureAutomaton> FailureAutomaton::build(const FailureDiagram& diagram,
                                                        FailureDiagram::Ref root, const Cube& within,
                                                        std::size_t most_states) {
  using Key = std::pair<FailureDiagram::Ref, int>;  // diagram, carry
  FailureAutomaton automaton;
  automaton.digits_ = within.digits;
  automaton.groups_ = diagram.groups();
  std::vector<Key> layer{{root, 0}}, above;
  std::vector<std::array<int, 2>> number(diagram.size(), {-1, -1});  // in `above`, by carry
  std::size_t states = 1;
  for (int place = 0; place < within.digits; ++place) {
    automaton.layers_.emplace_back(layer.size());
    for (std::size_t s = 0; s < layer.size(); ++s) {
      const auto [node, carry] = layer[s];
      State& state = automaton.layers_.back()[s];
      state.carry = carry;
      for_each_letter(within, place, [&, node = node, carry = carry](int a, int b, int, int in, int out) {
        if (in != carry || (place + 1 == within.digits && !allows_top(within, out))) return;
        const FailureDiagram::Ref next = diagram.after(node, place, in, a, b);
        int& to = number[next][index(out)];
        if (to < 0) {
          to = static_cast<int>(above.size());
          above.push_back({next, out});
        }
        add_letter(state.edges, to, a + b >= 10 ? kGenerate : a + b == 9 ? kPass : kKill);
      });
    }
    for (const auto& [node, carry] : above) number[node][index(carry)] = -1;
    layer.swap(above);
    above.clear();
    states += layer.size();
    if (states > most_states) return std::nullopt;
  }
  automaton.layers_.emplace_back(layer.size());
  for (std::size_t s = 0; s < layer.size(); ++s)
    automaton.layers_.back()[s] = {layer[s].second, diagram.group(layer[s].first, layer[s].second), {}};
  return automaton;
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
        counts[longest][index(layers_.back()[s].group)] += here[s][run * size + longest];
  return counts;
}

// here[state]: paths to the states of `place` with the carries in `bits`.
void FailureAutomaton::walk(int place, const std::vector<Count>& here, std::size_t bits,
                            std::vector<std::vector<Count>>& counts) const {
  if (place == digits_) {
    for (std::size_t s = 0; s < here.size(); ++s) counts[bits][index(layers_.back()[s].group)] += here[s];
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
