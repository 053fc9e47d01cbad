#include "verify/lost_cubes.h"

#include <algorithm>
#include <queue>

#include "verify/regions.h"
#include "verify/rounding.h"

namespace carryscope::verify {

namespace {

constexpr int kMostCounts = 400;      // some seconds
constexpr int kPatience = 10;         // counts in vain, less those that were not
constexpr double kNegligible = 0.02;  // beside what counts have missed so far: what is left

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Of no pair in it is it known that a step before `step` gets it wrong.
bool has_fewer_pairs(const StepCube& x, const StepCube& y) { return x.pairs < y.pairs; }

class Elimination {
 public:
  Elimination(SearchAll& searches, const Deadline& deadline)
      : searches_(searches), deadline_(deadline), tails_(searches.tails()), lost_(index(searches.steps())) {}

  // The largest cube that is left comes first.
  std::vector<std::vector<Leaf>> run(const SearchAll::Watch& watch) {
    const Cube all = Cube::everything(searches_.digits());
    leave({0, all, count(all)});
    while (!stopped() && much_left() && watch(searches_)) {
      StepCube top = left_.top();
      left_.pop();
      left_pairs_ -= top.pairs;
      while (top.step < searches_.steps() && !doubtful(top.step)) ++top.step;
      if (top.step == searches_.steps()) continue;
      for (const StepCube& part : ask(top)) leave({part.step + 1, part.cube, part.pairs});
    }
    return std::move(lost_);
  }

 private:
  bool stopped() const { return patience_ == 0 || counts_ == kMostCounts || deadline_.passed(); }
  bool much_left() const {
    return static_cast<double>(left_pairs_) > kNegligible * static_cast<double>(missed_);
  }

  void leave(const StepCube& cube) {
    left_.push(cube);
    left_pairs_ += cube.pairs;
  }

  bool doubtful(int step) const {
    return std::ranges::any_of(searches_.step(step), [](const auto& e) { return e.search->doubt() > 0; });
  }

  // What the step leaves of the cube.
  std::vector<StepCube> ask(const StepCube& of) {
    std::vector<StepCube> kept;
    for (const SearchAll::Entry& e : searches_.step(of.step)) {
      Cube rest = intersect(of.cube, e.question->domain());
      Digits& digits = rest.s[index(e.question->target_place)];
      digits = static_cast<Digits>(digits & ~lose(e, rest));
      if (const Count pairs = count(rest); pairs > 0) kept.push_back({of.step, rest, pairs});
    }
    return merge_regions(kept);
  }

  // The digits at which the cube is lost.
  Digits lose(const SearchAll::Entry& e, Cube cube) {
    Digits& target = cube.s[index(e.question->target_place)];
    const Digits all = target;
    Digits lost = 0;
    for (int digit = 0; digit < 10; ++digit) {
      target = static_cast<Digits>(all & only(digit));
      const Count pairs = count(cube);
      if (pairs == 0 || stopped()) continue;
      const std::optional<Count> wrong = e.search->count_lost(tails_.of(*e.question), cube);
      if (!wrong) continue;
      ++counts_;
      const bool in_vain = *wrong <= pairs / 2;
      patience_ = std::min(patience_ + (in_vain ? -1 : 1), kPatience);
      if (in_vain) continue;
      missed_ += pairs - *wrong;
      lost = static_cast<Digits>(lost | only(digit));
      lost_[index(e.step)].push_back({cube, Verdict::undecided, pairs, 0, *wrong});
    }
    return lost;
  }

  SearchAll& searches_;
  const Deadline& deadline_;
  Tails tails_;
  std::vector<std::vector<Leaf>> lost_;
  std::priority_queue<StepCube, std::vector<StepCube>, decltype(&has_fewer_pairs)> left_{has_fewer_pairs};
  Count left_pairs_ = 0, missed_ = 0;
  int patience_ = kPatience, counts_ = 0;
};

}  // namespace

std::vector<std::vector<Leaf>> lost_cubes(SearchAll& searches, const Deadline& deadline,
                                          const SearchAll::Watch& watch) {
  if (searches.all_lost()) return {};
  const RoundUpward upward;
  return Elimination(searches, deadline).run(watch);
}

}  // namespace carryscope::verify
