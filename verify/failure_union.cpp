#include "verify/failure_union.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>

#include "verify/failure_automaton.h"

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

constexpr std::size_t kMostNodes = 3'000'000;  // about 200 MB
constexpr std::size_t kFirstClaims = 4096;     // taken together at first; then twice as many each time
constexpr std::size_t kFirstCounted = 16;  // counted cubes taken together at first; then half as many more
constexpr int kInVain = 4;                 // times that more of them said nothing
constexpr int kMostDigitsByCarries = 12;

void move_to_undecided(Counts& counts, Count pairs) {
  pairs = std::min(pairs, counts.correct);
  counts.correct -= pairs;
  counts.undecided += pairs;
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

FailureUnion::FailureUnion(const ByStep& leaves, int digits, const Deadline& deadline, const Counted& counted)
    : digits_(digits),
      steps_(static_cast<int>(leaves.size())),
      deadline_(deadline),
      diagram_(digits, steps_ + 2, kMostNodes, deadline),
      root_(diagram_.nothing()) {
  std::vector<Claim> claims, more;
  for (int step = 0; step < steps_; ++step)
    for (const Leaf& leaf : leaves[index(step)])
      if (leaf.correct > 0)
        left_out_ += leaf.pairs - leaf.correct;
      else
        claims.push_back({&leaf, group(leaf.verdict, step)});
  for (std::size_t step = 0; step < counted.cubes.size(); ++step)
    for (const Leaf& leaf : counted.cubes[step]) more.push_back({&leaf, static_cast<int>(step)});
  const auto others = std::ranges::stable_partition(claims, [&](const Claim& c) { return c.group < steps_; });
  add(std::span(claims.begin(), others.begin()));
  const Count wrong = std::max(counted.at_one_step, wrong_with(std::move(more)));
  add(others);
  by_group_ = diagram_.count(root_, Cube::everything(digits));
  pairs_ = counts(by_group_);
  if (wrong > pairs_.wrong) {
    const Count known = std::min(wrong - pairs_.wrong, pairs_.undecided);
    pairs_.wrong += known;
    pairs_.undecided -= known;
  }
}

// The cubes with the smallest share of other pairs first, as long as there are nodes and time for more, and
// those only that say more than they cost.
Count FailureUnion::wrong_with(std::vector<Claim> counted) {
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

// The largest first.
void FailureUnion::add(std::span<Claim> claims) {
  std::ranges::stable_sort(claims, std::greater{}, [](const Claim& c) { return c.leaf->pairs; });
  for (std::size_t first = 0, most = kFirstClaims; first < claims.size(); first += most, most *= 2)
    add_at_once(claims.subspan(first, std::min(most, claims.size() - first)));
}

void FailureUnion::add_at_once(std::span<const Claim> claims) {
  for (int g = 0; g <= group(Verdict::rounding, 0); ++g) {
    try {
      root_ = with(root_, claims, g);
    } catch (const DiagramTooLarge&) {
      for (const Claim& c : claims) left_out_ += c.group == g ? c.leaf->pairs : 0;
    }
    if (diagram_.size() < 2 * kept_) continue;  // to keep one is about as slow as to add to it
    root_ = diagram_.keep_only(root_);
    kept_ = diagram_.size();
  }
}

Counts FailureUnion::counts(const std::vector<Count>& by_group) const {
  Counts c;
  for (int g = 0; g < steps_; ++g) c.wrong += by_group[index(g)];
  c.undecided = by_group[index(steps_)];
  c.rounding = by_group[index(steps_) + 1];
  c.correct = by_group[index(steps_) + 2];
  c.total = c.correct + c.wrong + c.rounding + c.undecided;
  move_to_undecided(c, left_out_);
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
