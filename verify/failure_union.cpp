#include "verify/failure_union.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>

#include "verify/count_each.h"
#include "verify/failure_automaton.h"

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

constexpr std::size_t kFirstClaims = 4096;  // wide ones taken together at first; then twice as many each time
constexpr int kNarrow = 4;                  // neighbouring places
constexpr double kBoundShare = 0.75;        // of the time that is left when wide ones are to be added
constexpr std::uint64_t kBoundSteps = 30'000'000;  // for them at most: about a minute
constexpr std::size_t kFirstCounted = 16;  // counted cubes taken together at first; then half as many more
constexpr int kInVain = 4;                 // times that more of them said nothing
constexpr int kMostDigitsByCarries = 12;

void move_to_undecided(Counts& counts, Count& from, Count pairs) {
  pairs = std::min(pairs, from);
  from -= pairs;
  counts.undecided += pairs;
}

// From the lowest to the highest place at which something is excluded.
int width(const Cube& cube) {
  const Cube any = Cube::everything(cube.digits);
  int first = cube.digits, last = -1;
  for (int place = 0; place <= cube.digits; ++place) {
    const std::size_t i = index(place);
    const bool operands = place < cube.digits && (cube.a[i] != any.a[i] || cube.b[i] != any.b[i]);
    if (operands || cube.s[i] != any.s[i] || cube.c[i] != any.c[i])
      first = std::min(first, place), last = place;
  }
  return std::max(0, last - first + 1);
}

// What the total alone says of a class of so many pairs.
Counts implied(const Counts& total, Count pairs) {
  const auto at_least = [&](Count of_all) {
    const Count others = total.total - of_all;
    return pairs > others ? pairs - others : 0;
  };
  Counts part{pairs, at_least(total.correct), at_least(total.wrong), at_least(total.rounding), 0};
  part.undecided = pairs - part.correct - part.wrong - part.rounding;
  return part;
}

}  // namespace

FailureUnion::FailureUnion(const ByStep& leaves, int digits, const Deadline& deadline, const Counted& counted,
                           bool in_parts, std::size_t most_nodes)
    : digits_(digits),
      steps_(static_cast<int>(leaves.size())),
      deadline_(deadline),
      in_parts_(in_parts),
      diagram_(digits, steps_ + 2, most_nodes, deadline),
      root_(diagram_.nothing()) {
  std::vector<Claim> claims;
  for (int step = 0; step < steps_; ++step)
    for (const Leaf& leaf : leaves[index(step)])
      if (leaf.correct > 0)
        left_out_ += leaf.pairs - leaf.correct;
      else
        claims.push_back({&leaf, group(leaf.verdict, step), leaf.pairs});
  const auto others = std::ranges::stable_partition(claims, [&](const Claim& c) { return c.group < steps_; });
  add(std::span(claims.begin(), others.begin()));
  wrong_ = std::max(wrong_, counted.at_one_step);
  for (const ByStep& cubes : counted.cubes) wrong_ = std::max(wrong_, wrong_with(cubes));
  add(others);
  by_group_ = diagram_.count(root_, Cube::everything(digits));
  pairs_ = counts(by_group_);
  if (wrong_ > pairs_.wrong) {
    const Count known = std::min(wrong_ - pairs_.wrong, pairs_.undecided);
    pairs_.wrong += known;
    pairs_.undecided -= known;
  }
}

// The cubes with the smallest share of other pairs first, as long as there are nodes and time for more, and
// those only that say more than they cost.
Count FailureUnion::wrong_with(const ByStep& by_step) {
  std::vector<Claim> counted;
  for (std::size_t step = 0; step < by_step.size(); ++step)
    for (const Leaf& leaf : by_step[step]) counted.push_back({&leaf, static_cast<int>(step), leaf.pairs});
  const auto others = [](const Claim& c) { return c.leaf->pairs - c.leaf->wrong; };
  std::ranges::stable_sort(counted, std::less{}, [&](const Claim& c) {
    return static_cast<double>(others(c)) / static_cast<double>(c.leaf->pairs);
  });
  Count most = 0, not_wrong = 0;
  FailureDiagram::Ref root = root_;
  const auto says_more = [&](std::span<const Claim> part) {
    FailureDiagram::Ref wider = root;
    for (int step = 0; step < steps_; ++step) wider = with(wider, part, step);
    Count more = not_wrong;
    for (const Claim& c : part) more += others(c);
    const std::vector<Count> by_group = diagram_.count(wider, Cube::everything(digits_));
    const Count wrong = std::accumulate(by_group.begin(), by_group.begin() + steps_, Count{0});
    if (wrong < more || wrong - more <= most) return false;
    root = wider, not_wrong = more, most = wrong - more;
    return true;
  };
  try {
    std::size_t size = kFirstCounted;
    int in_vain = 0;
    for (std::span<const Claim> rest(counted); !rest.empty() && in_vain < kInVain && !deadline_.passed();) {
      const auto part = rest.first(std::min(size, rest.size()));
      in_vain = says_more(part) ? 0 : in_vain + 1;
      rest = rest.subspan(part.size());
      size += size / 2;
    }
  } catch (const DiagramTooLarge&) {  // what was found before stands
  }
  root_ = diagram_.keep_only(root_);
  return most;
}

// In the order in which groups claim pairs.
int FailureUnion::group(Verdict verdict, int step) const {
  return verdict == Verdict::wrong ? step : verdict == Verdict::undecided ? steps_ : steps_ + 1;
}

// With those of the claims that are of the group.
FailureDiagram::Ref FailureUnion::with(FailureDiagram::Ref root, std::span<const Claim> claims, int group) {
  std::vector<Cube> cubes;
  for (const Claim& c : claims)
    if (c.group == group) cubes.push_back(c.leaf->cube);
  return cubes.empty() ? root : diagram_.smaller(root, diagram_.of(cubes, group));
}

// Those of few neighbouring places first: their diagram is small whatever their number. Then the largest.
void FailureUnion::add(std::span<Claim> claims) {
  const auto wide =
      std::ranges::stable_partition(claims, [](const Claim& c) { return width(c.leaf->cube) <= kNarrow; });
  const std::span narrow(claims.begin(), wide.begin());
  if (!in_parts_) return add_all_or_none(narrow), add_all_or_none(wide);
  add_by_group(narrow);
  std::ranges::stable_sort(wide, std::greater{}, [](const Claim& c) { return c.leaf->pairs; });
  bound(wide);
  for (std::size_t first = 0, most = kFirstClaims; first < wide.size(); first += most, most *= 2)
    add_by_group(std::span(wide).subspan(first, std::min(most, wide.size() - first)));
}

// The leaves of one step are disjoint.
void FailureUnion::bound(std::span<Claim> claims) {
  const Deadline deadline = deadline_.part(kBoundShare);
  std::uint64_t steps = kBoundSteps;
  std::vector<Count> more(index(steps_) + 2, 0);
  for (std::size_t first = 0; first < claims.size() && steps > 0 && !deadline.passed();
       first += kFirstClaims) {
    const auto part = claims.subspan(first, std::min(kFirstClaims, claims.size() - first));
    std::vector<const Cube*> cubes;
    for (const Claim& c : part) cubes.push_back(&c.leaf->cube);
    const auto counts = count_each(diagram_, root_, cubes, deadline, steps);
    for (std::size_t i = 0; i < part.size(); ++i)
      if (counts[i]) part[i].at_most = *counts[i], more[index(part[i].group)] += *counts[i];
  }
  const std::vector<Count> known = diagram_.count(root_, Cube::everything(digits_));
  const auto sure = known.begin() + steps_;
  wrong_ = std::max(wrong_, std::accumulate(known.begin(), sure, Count{0}) +
                                *std::max_element(more.begin(), more.begin() + steps_));
}

void FailureUnion::leave_out(const Claim& claim) {
  (claim.group <= steps_ ? left_out_ : left_out_rounding_) += claim.at_most;
}

// All of a group or none of it.
void FailureUnion::add_by_group(std::span<const Claim> claims) {
  for (int g = 0; g < diagram_.groups(); ++g) {
    try {
      root_ = with(root_, claims, g);
    } catch (const DiagramTooLarge&) {
      for (const Claim& c : claims)
        if (c.group == g) leave_out(c);
    }
    if (diagram_.size() < 2 * kept_) continue;  // to keep one is about as slow as to add to it
    root_ = diagram_.keep_only(root_);
    kept_ = diagram_.size();
  }
}

void FailureUnion::add_all_or_none(std::span<const Claim> claims) {
  const FailureDiagram::Ref before = root_;
  try {
    for (int g = 0; g < diagram_.groups(); ++g) root_ = with(root_, claims, g);
  } catch (const DiagramTooLarge&) {
    root_ = before;
    for (const Claim& c : claims) leave_out(c);
  }
  root_ = diagram_.keep_only(root_);
}

Counts FailureUnion::counts(const std::vector<Count>& by_group) const {
  Counts c;
  for (int g = 0; g < steps_; ++g) c.wrong += by_group[index(g)];
  c.undecided = by_group[index(steps_)];
  c.rounding = by_group[index(steps_) + 1];
  c.correct = by_group[index(steps_) + 2];
  c.total = c.correct + c.wrong + c.rounding + c.undecided;
  move_to_undecided(c, c.correct, left_out_ + left_out_rounding_);
  move_to_undecided(c, c.rounding, left_out_);
  return c;
}

Count FailureUnion::first_failures(int step, const Cube& region) const {
  const std::vector<Count> by_group = diagram_.count(root_, region);
  Count sum = 0;
  for (std::size_t g = index(step); g < by_group.size(); ++g) sum += by_group[g];
  return sum;
}

void FailureUnion::count_classes(std::size_t most_states, std::vector<Counts>& by_cascade,
                                 std::vector<Counts>& by_carries) const {
  const Cube all = Cube::everything(digits_);
  const auto exactly = FailureAutomaton::build(diagram_, root_, all, most_states);
  const auto automaton =
      exactly ? exactly : FailureAutomaton::build(diagram_, diagram_.nothing(), all, SIZE_MAX);
  const auto row = [&](const std::vector<Count>& by_group) {
    return exactly ? counts(by_group) : implied(pairs_, by_group.back());
  };
  for (const auto& by_group : automaton->count_by_cascade()) by_cascade.push_back(row(by_group));
  if (digits_ > kMostDigitsByCarries) return;
  for (const auto& by_group : automaton->count_by_carries()) by_carries.push_back(row(by_group));
}

}  // namespace carryscope::verify
