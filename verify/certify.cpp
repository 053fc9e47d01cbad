#include "verify/certify.h"

#include <array>

#include "model/error.h"
#include "model/greedy.h"
#include "verify/failure_automaton.h"
#include "verify/regions.h"
#include "verify/search_all.h"
#include "verify/smallest_margin.h"

namespace carryscope::verify {

using model::ensure;

namespace {

constexpr std::size_t kMostStates = 400'000;  // of the union's automaton: a few hundred megabytes
constexpr int kMostDigitsByCarries = 12;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// All leaves of a step that are not `correct`, open cubes included.
std::vector<Leaf> doubtful(const std::vector<SearchAll::Entry>& entries) {
  std::vector<Leaf> leaves;
  for (const SearchAll::Entry& e : entries) {
    leaves.insert(leaves.end(), e.search->leaves().begin(), e.search->leaves().end());
    const auto open = e.search->open();
    leaves.insert(leaves.end(), open.begin(), open.end());
  }
  return leaves;
}

Counts counts_of(const Tally& tally, Count total) {
  return {total, tally.correct, tally.wrong, tally.rounding, tally.undecided};
}

StepCounts step_counts(const model::Decoder& decoder, int step,
                       const std::vector<SearchAll::Entry>& entries) {
  Tally tally;
  for (const SearchAll::Entry& e : entries) tally += e.search->tally();
  StepCounts counts;
  counts.step = step;
  counts.place = decoder.layout.answer[index(step)].place;
  counts.own = counts_of(tally, all_pairs(decoder.layout.digits));
  counts.nodes = tally.nodes;
  ensure(tally.correct + tally.wrong + tally.rounding + tally.undecided == counts.own.total,
         "a step's leaves tile the whole space");
  return counts;
}

// The order in which a pair's leaves claim it: surely wrong at a step, the first step first; then
// undecided; then rounding-dependent.
struct Groups {
  int steps = 0;
  int of(Verdict verdict, int step) const {
    return verdict == Verdict::wrong ? step : verdict == Verdict::undecided ? steps : steps + 1;
  }
  int all() const { return steps + 2; }
  Counts counts(const std::vector<Count>& by_group) const {
    Counts c;
    for (int g = 0; g < steps; ++g) c.wrong += by_group[index(g)];
    c.undecided = by_group[index(steps)];
    c.rounding = by_group[index(steps) + 1];
    c.correct = by_group[index(steps) + 2];
    c.total = c.correct + c.wrong + c.rounding + c.undecided;
    return c;
  }
};

std::vector<GroupedLeaf> grouped(const std::vector<std::vector<Leaf>>& leaves, const Groups& groups) {
  std::vector<GroupedLeaf> all;
  for (std::size_t step = 0; step < leaves.size(); ++step)
    for (const Leaf& leaf : leaves[step])
      all.push_back({leaf.cube, groups.of(leaf.verdict, static_cast<int>(step))});
  return all;
}

// Where the automaton would be too large: the union lies between its largest member and the sum.
Counts union_bracket(const std::vector<std::vector<Leaf>>& leaves, Count total) {
  Count least = 0, most = 0;
  for (const auto& of_step : leaves) {
    Count wrong = 0, doubtful = 0;
    for (const Leaf& leaf : of_step) {
      wrong += leaf.verdict == Verdict::wrong ? leaf.pairs : leaf.wrong;
      doubtful += leaf.pairs - leaf.correct;
    }
    least = std::max(least, wrong);
    most = std::min(total, most + doubtful);
  }
  return {total, total - most, least, 0, most - least};
}

void count_union(Certification& result, const std::vector<std::vector<Leaf>>& leaves) {
  const Groups groups{static_cast<int>(leaves.size())};
  const Cube all = Cube::everything(result.digits);
  auto cubes = grouped(leaves, groups);
  auto automaton = FailureAutomaton::build(cubes, groups.all(), all, kMostStates);
  const bool whole = automaton.has_value();
  if (!whole) {  // class by class nothing is known then
    cubes = {{all, groups.of(Verdict::undecided, 0)}};
    automaton = FailureAutomaton::build(cubes, groups.all(), all, kMostStates);
  }
  const auto by_group = automaton->count();
  result.pairs = groups.counts(by_group);
  for (std::size_t step = 0; whole && step < leaves.size(); ++step)
    result.steps[step].first_failures = by_group[step];
  for (const auto& of_class : automaton->count_by_cascade())
    result.by_cascade.push_back(groups.counts(of_class));
  if (result.digits <= kMostDigitsByCarries)
    for (const auto& of_pattern : automaton->count_by_carries())
      result.by_carries.push_back(groups.counts(of_pattern));
  const Counts bracket = union_bracket(leaves, result.pairs.total);
  if (bracket.undecided < result.pairs.undecided) result.pairs = bracket;
}

// A pair of the region whose replay by greedy float32 decoding fails, if a few tries find one.
void replay(const model::Decoder& decoder, const model::Greedy& greedy, Region& region) {
  constexpr Count kTries = 32;
  std::vector<int> tokens(index(decoder.layout.steps()));
  for (Count i = 0; i < kTries; ++i) {
    const model::Pair pair =
        nth_pair(region.cube, region.pairs / kTries * i + region.pairs % kTries * i / kTries);
    greedy.decode(std::span(&pair, 1), tokens);
    const auto predicted = model::detokenise(decoder.layout, tokens);
    const bool fails = !predicted || *predicted != pair.a + pair.b;
    if (i == 0 || fails) {
      region.example = pair;
      region.predicted = predicted;
    }
    if (fails) return;
  }
}

// Pairs of the region that no earlier step gets wrong.
Count first_failures(const std::vector<std::vector<Leaf>>& leaves, const StepCube& region) {
  std::vector<GroupedLeaf> earlier;
  for (std::size_t step = 0; step < index(region.step); ++step)
    for (const Leaf& leaf : leaves[step])
      if (leaf.verdict == Verdict::wrong && count(intersect(leaf.cube, region.cube)) > 0)
        earlier.push_back({leaf.cube, 0});
  const auto automaton = FailureAutomaton::build(earlier, 1, region.cube, kMostStates);
  return automaton ? automaton->count()[1] : 0;
}

// Each step's wrong leaves, merged; the largest are returned.
void list_regions(Certification& result, const model::Decoder& decoder,
                  const std::vector<std::vector<Leaf>>& leaves, int most) {
  std::vector<StepCube> wrong;
  for (std::size_t step = 0; step < leaves.size(); ++step)
    for (const Leaf& leaf : leaves[step])
      if (leaf.verdict == Verdict::wrong) wrong.push_back({static_cast<int>(step), leaf.cube, leaf.pairs});
  wrong = merge_regions(wrong);
  result.region_count = wrong.size();
  const auto greedy = model::make_greedy(decoder);
  for (const StepCube& c : wrong) {
    if (static_cast<int>(result.regions.size()) >= most) break;
    Region region{c.step, c.cube, c.pairs, first_failures(leaves, c), {}, {}};
    replay(decoder, *greedy, region);
    result.regions.push_back(region);
  }
}

std::optional<SmallestMargin> find_smallest_margin(const model::Decoder& decoder, const SearchAll& searches,
                                                   const CertifyOptions& options, const Deadline& deadline) {
  if (options.semantics == Semantics::real)
    return smallest_margin(decoder, searches.questions(), options.threads, deadline);
  const SearchAll over_the_reals(decoder, Semantics::real, options.threads);
  return smallest_margin(decoder, over_the_reals.questions(), options.threads, deadline);
}

}  // namespace

Certification certify(const model::Decoder& decoder, const CertifyOptions& options) {
  const Deadline deadline(options.time_limit, options.interrupted);
  SearchAll searches(decoder, options.semantics, options.threads);
  searches.run(deadline, [&](const SearchAll& s) {
    if (options.progress) options.progress({s.finished(), s.total(), deadline.elapsed()});
  });

  Certification result;
  result.digits = decoder.layout.digits;
  result.semantics = options.semantics;
  result.ulps = library_ulps();
  std::vector<std::vector<Leaf>> leaves;
  for (int step = 0; step < searches.steps(); ++step) {
    leaves.push_back(doubtful(searches.step(step)));
    result.steps.push_back(step_counts(decoder, step, searches.step(step)));
    result.nodes += result.steps.back().nodes;
  }
  count_union(result, leaves);
  list_regions(result, decoder, leaves, options.regions);
  result.exact = result.pairs.undecided == 0;
  if (options.margin) result.smallest = find_smallest_margin(decoder, searches, options, deadline);
  result.seconds = deadline.elapsed();
  return result;
}

}  // namespace carryscope::verify
