#include "analysis/circuit_curve.h"

#include <algorithm>

namespace carryscope::analysis {
namespace {

constexpr std::uint64_t kNodes = 10'000;  // cubes of one count
constexpr double kCounted = 0.97;         // sampled fidelity down to which counts are proven
constexpr std::size_t kTies = 8;          // edges that no sampled pair misses: so many are counted

}  // namespace

CircuitCurve::CircuitCurve(const std::vector<std::unique_ptr<CircuitStep>>& steps,
                           const std::vector<model::Pair>& sample)
    : circuit_(steps),
      sample_(sample.size()),
      steps_(steps.size()),
      times_(sample.size()),
      area_(sample.size()) {
  for (std::size_t s = 0; s < steps.size(); ++s) {
    for (const model::Pair pair : sample) {
      steps_[s].sums.push_back(steps[s]->parts().read(pair));
      steps_[s].tokens.push_back(steps[s]->parts().answer(steps_[s].sums.back(), 0).token);
    }
    steps_[s].changed.assign(sample_, 0);
    edges_ += steps[s]->parts().parts().size();
  }
  all_ = edges_;
  add_point({}, {});
  points_.back().changed = Bracket{};
  for (std::size_t s = 0; s < steps.size(); ++s)
    for (std::size_t p = 0; p < steps[s]->parts().parts().size(); ++p)
      if (steps[s]->pruned().cut >> p & 1) cut(s, p);
  points_.back().changed = Bracket{};  // proven by the pruning
  for (std::size_t s = 0; s < steps.size(); ++s) look_ahead(s);
  while (cut_the_least_harmful()) {
  }
}

CircuitCurve::Flags CircuitCurve::flags(std::size_t step, Cut cut) const {
  const Step& s = steps_[step];
  Flags changed(sample_);
  for (std::size_t i = 0; i < sample_; ++i)
    changed[i] = circuit_[step]->parts().answer(s.sums[i], cut).token != s.tokens[i];
  return changed;
}

void CircuitCurve::look_ahead(std::size_t step) {
  Step& s = steps_[step];
  s.next.assign(circuit_[step]->parts().parts().size(), {});
  for (std::size_t p = 0; p < s.next.size(); ++p)
    if (!(s.cut >> p & 1)) s.next[p] = flags(step, s.cut | Cut{1} << p);
}

// Changed pairs, were the step's flags others.
std::size_t CircuitCurve::harm(std::size_t step, const Flags& instead) const {
  std::size_t changed = 0;
  for (std::size_t i = 0; i < sample_; ++i) changed += instead[i] || times_[i] > steps_[step].changed[i];
  return changed;
}

void CircuitCurve::cut(std::size_t step, std::size_t part) {
  Step& s = steps_[step];
  s.cut |= Cut{1} << part;
  const Flags now = flags(step, s.cut);
  for (std::size_t i = 0; i < sample_; ++i) times_[i] += now[i] - s.changed[i];
  s.changed = now;
  --edges_;
  add_point(step, part);
}

void CircuitCurve::add_point(std::optional<std::size_t> step, std::optional<std::size_t> part) {
  CurvePoint point{edges_, step, part, 0, {}};
  const double weight = (edges_ == 0 || edges_ == all_ ? 0.5 : 1.0) / static_cast<double>(all_);
  for (std::size_t i = 0; i < sample_; ++i) {
    point.unchanged += times_[i] == 0;
    area_[i] += times_[i] == 0 ? weight : 0.0;
  }
  points_.push_back(point);
}

bool CircuitCurve::cut_the_least_harmful() {
  struct Choice {
    std::size_t harm = 0, step = 0, part = 0;
  };
  std::vector<Choice> choices;
  for (std::size_t s = 0; s < steps_.size(); ++s)
    for (std::size_t p = 0; p < steps_[s].next.size(); ++p)
      if (!steps_[s].next[p].empty()) choices.push_back({harm(s, steps_[s].next[p]), s, p});
  if (choices.empty()) return false;
  std::ranges::stable_sort(choices, {}, &Choice::harm);
  Choice best = choices[0];
  // The sample sees no difference between some: all pairs do.
  verify::Count least = 0;
  for (std::size_t i = 0; i < std::min(kTies, choices.size()) && choices[i].harm == 0; ++i) {
    const Choice& c = choices[i];
    const Changed& one = count(c.step, steps_[c.step].cut | Cut{1} << c.part);
    if (i > 0 && one.changed + one.undecided >= least) continue;
    least = one.changed + one.undecided;
    best = c;
  }
  cut(best.step, best.part);
  look_ahead(best.step);
  points_.back().changed = bracket(best.step);
  return true;
}

const Changed& CircuitCurve::count(std::size_t step, Cut cut) {
  const auto [entry, fresh] = steps_[step].counted.try_emplace(cut);
  if (fresh) entry->second = circuit_[step]->count(cut, kNodes);
  return entry->second;
}

// Proven, after the step has changed; nothing once the sample says that much is lost.
std::optional<Bracket> CircuitCurve::bracket(std::size_t step) {
  counting_ =
      counting_ && static_cast<double>(points_.back().unchanged) >= kCounted * static_cast<double>(sample_);
  if (!counting_) return {};
  steps_[step].proven = count(step, steps_[step].cut);
  Bracket all;
  for (const Step& s : steps_) all.add(s.proven);
  return all;
}

}  // namespace carryscope::analysis
