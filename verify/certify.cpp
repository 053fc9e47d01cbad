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

constexpr std::uint64_t kUnionWork = 20'000'000;  // comparisons: about a second
constexpr std::size_t kMostLeaves = 20'000;
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

void collect_leaves(Certification& result, const SearchAll& searches) {
  for (int step = 0; step < searches.steps(); ++step)
    for (const SearchAll::Entry& e : searches.step(step)) {
      QuestionLeaves all{step, e.question->symbol, e.question->domain(), e.search->correct_leaves()};
      for (const auto& more : {e.search->leaves(), e.search->open()})
        all.leaves.insert(all.leaves.end(), more.begin(), more.end());
      result.leaves.push_back(std::move(all));
    }
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

// The union holds at least what the worst step surely gets wrong.
void raise_wrong(Counts& counts, const std::vector<std::vector<Leaf>>& leaves) {
  for (const auto& of_step : leaves) {
    Count wrong = 0;
    for (const Leaf& leaf : of_step) wrong += leaf.verdict == Verdict::wrong ? leaf.pairs : leaf.wrong;
    if (wrong <= counts.wrong) continue;
    const Count more = std::min(wrong - counts.wrong, counts.undecided);
    counts.wrong += more;
    counts.undecided -= more;
  }
}

// The union of the largest leaves, counted by the automaton; the others are left out, and what of them
// is not surely correct counts as undecided.
struct Union {
  Groups groups;
  FailureAutomaton automaton;
  std::vector<Leaf> left_out;
};

struct StepLeaf {
  int step;
  Leaf leaf;
};

// All leaves, wrong ones merged into fewer; what is least surely correct first.
std::vector<StepLeaf> ranked(const std::vector<std::vector<Leaf>>& leaves) {
  std::vector<StepLeaf> all;
  std::vector<StepCube> wrong;
  for (std::size_t i = 0; i < leaves.size(); ++i)
    for (const Leaf& leaf : leaves[i]) {
      const int step = static_cast<int>(i);
      if (leaf.verdict == Verdict::wrong)
        wrong.push_back({step, leaf.cube, leaf.pairs});
      else
        all.push_back({step, leaf});
    }
  for (const StepCube& c : merge_regions(wrong))
    all.push_back({c.step, {c.cube, Verdict::wrong, c.pairs, 0, 0}});
  std::stable_sort(all.begin(), all.end(), [](const StepLeaf& x, const StepLeaf& y) {
    return x.leaf.pairs - x.leaf.correct > y.leaf.pairs - y.leaf.correct;
  });
  return all;
}

// Largest first, as many as the automaton's work allows.
Union unite(const std::vector<std::vector<Leaf>>& leaves, const Cube& all) {
  const std::vector<StepLeaf> by_mass = ranked(leaves);
  const Groups groups{static_cast<int>(leaves.size())};
  for (std::size_t most = std::min(by_mass.size(), kMostLeaves);; most /= 4) {
    std::vector<GroupedLeaf> cubes;
    std::vector<Leaf> left_out;
    for (std::size_t i = 0; i < by_mass.size(); ++i) {
      const auto& [step, leaf] = by_mass[i];
      if (i < most && leaf.correct == 0)
        cubes.push_back({leaf.cube, groups.of(leaf.verdict, step)});
      else
        left_out.push_back(leaf);
    }
    if (auto automaton = FailureAutomaton::build(cubes, groups.all(), all, kUnionWork))
      return {groups, std::move(*automaton), std::move(left_out)};
    ensure(most > 0, "no leaves need no work");
  }
}

void move_to_undecided(Counts& counts, Count pairs) {
  pairs = std::min(pairs, counts.correct);
  counts.correct -= pairs;
  counts.undecided += pairs;
}

// What is not surely correct in the leaves left out is undecided, class by class too; where they are
// many, each class is charged with all of it.
void leave_out(Certification& result, const std::vector<Leaf>& leaves) {
  constexpr std::size_t kFew = 100;
  Count all = 0;
  for (const Leaf& leaf : leaves) all += leaf.pairs - leaf.correct;
  move_to_undecided(result.pairs, all);
  if (leaves.size() > kFew) {
    for (Counts& row : result.by_cascade) move_to_undecided(row, all);
    for (Counts& row : result.by_carries) move_to_undecided(row, all);
    return;
  }
  for (const Leaf& leaf : leaves) {
    const auto part = FailureAutomaton::build({}, 0, leaf.cube, kUnionWork);
    const auto by_cascade = part->count_by_cascade();
    for (std::size_t k = 0; k < by_cascade.size(); ++k)
      move_to_undecided(result.by_cascade[k], by_cascade[k][0]);
    const auto by_carries = part->count_by_carries();
    for (std::size_t p = 0; p < result.by_carries.size(); ++p)
      move_to_undecided(result.by_carries[p], by_carries[p][0]);
  }
}

void count_union(Certification& result, const std::vector<std::vector<Leaf>>& leaves) {
  const Cube all = Cube::everything(result.digits);
  const Union united = unite(leaves, all);
  const auto by_group = united.automaton.count();
  result.pairs = united.groups.counts(by_group);
  for (std::size_t step = 0; step < leaves.size(); ++step) result.steps[step].first_failures = by_group[step];
  for (const auto& row : united.automaton.count_by_cascade())
    result.by_cascade.push_back(united.groups.counts(row));
  if (result.digits <= kMostDigitsByCarries)
    for (const auto& row : united.automaton.count_by_carries())
      result.by_carries.push_back(united.groups.counts(row));
  leave_out(result, united.left_out);
  raise_wrong(result.pairs, leaves);
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
  const auto automaton = FailureAutomaton::build(earlier, 1, region.cube, kUnionWork);
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
  SearchAll searches(decoder, options.semantics, options.threads, options.leaves);
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
  if (options.leaves) collect_leaves(result, searches);
  count_union(result, leaves);
  list_regions(result, decoder, leaves, options.regions);
  result.exact = result.pairs.undecided == 0;
  if (options.margin) result.smallest = find_smallest_margin(decoder, searches, options, deadline);
  result.seconds = deadline.elapsed();
  return result;
}

}  // namespace carryscope::verify
