// CircuitCurve: how faithful the model stays as edges go, one by one, from all of them to none.
//
// First go the edges that the circuit does without, step by step; then always the one without which the
// fewest further sampled pairs change an answer. Fidelity is the share of sampled pairs with no answer
// changed; as long as it is high, each point's count over all pairs is also proven, within a bracket.
#pragma once

#include <map>

#include "analysis/circuit_step.h"

namespace carryscope::analysis {

struct CurvePoint {
  std::size_t edges = 0;                  // left
  std::optional<std::size_t> step, part;  // just cut
  std::size_t unchanged = 0;              // sampled pairs
  std::optional<Bracket> changed;
};

class CircuitCurve {
 public:
  CircuitCurve(const std::vector<std::unique_ptr<CircuitStep>>& steps,
               const std::vector<model::Pair>& sample);

  const std::vector<CurvePoint>& points() const { return points_; }
  // The area under the curve over the share of edges left, by pair: its mean is the fidelity's.
  const std::vector<double>& area_by_pair() const { return area_; }

 private:
  using Flags = std::vector<char>;  // [sampled pair]
  struct Step {
    std::vector<StepParts::Sums> sums;
    std::vector<int> tokens;
    Cut cut = 0;
    Flags changed;
    std::vector<Flags> next;  // [part]: changed, were it cut as well; empty for one that is
    Changed proven;
    std::map<Cut, Changed> counted;
  };

  Flags flags(std::size_t step, Cut cut) const;
  void look_ahead(std::size_t step);
  std::size_t harm(std::size_t step, const Flags& instead) const;
  void cut(std::size_t step, std::size_t part);
  void add_point(std::optional<std::size_t> step, std::optional<std::size_t> part);
  bool cut_the_least_harmful();
  const Changed& count(std::size_t step, Cut cut);
  std::optional<Bracket> bracket(std::size_t step);

  const std::vector<std::unique_ptr<CircuitStep>>& circuit_;
  std::size_t sample_, edges_ = 0, all_ = 0;
  std::vector<Step> steps_;
  std::vector<int> times_;  // [sampled pair]: at how many steps its answer has changed
  std::vector<CurvePoint> points_;
  std::vector<double> area_;
  bool counting_ = true;
};

}  // namespace carryscope::analysis
