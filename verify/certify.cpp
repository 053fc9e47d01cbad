#include "verify/certify.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "model/error.h"
#include "model/greedy.h"
#include "verify/failure_union.h"
#include "verify/lost_cubes.h"
#include "verify/regions.h"
#include "verify/search_all.h"
#include "verify/smallest_margin.h"

namespace carryscope::verify {

using model::ensure;

namespace {

// Of a finite limit: the search's share, at least and at most, and until when the union may grow. A leaf
// takes so many seconds to unite with the others, about. After an interrupt the union has seconds, too.
constexpr double kLeastSearch = 0.5, kMostSearch = 0.8, kUnionShare = 0.9;
constexpr double kLostShare = 0.5;  // of the search, for lost cubes
constexpr double kSecondsOfLeaf = 25e-6, kAfterInterrupt = 5.0;
constexpr std::size_t kMostStates = 30'000, kMostStatesUnhurried = 500'000;  // for counts by class

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

// What each step alone is known to get wrong.
void count_steps(Certification& result, const model::Decoder& decoder, const SearchAll& searches) {
  for (int step = 0; step < searches.steps(); ++step) {
    result.steps.push_back(step_counts(decoder, step, searches.step(step)));
    result.nodes += result.steps.back().nodes;
  }
}

// A certificate's checker takes counts of one step at a time.
FailureUnion::Counted counted(const Certification& result, const SearchAll& searches,
                              const FailureUnion::ByStep& lost, const CertifyOptions& options) {
  FailureUnion::Counted all;
  for (const StepCounts& step : result.steps) all.at_one_step = std::max(all.at_one_step, step.own.wrong);
  if (options.leaves) return all;
  FailureUnion::ByStep by_step(index(searches.steps()));
  for (int step = 0; step < searches.steps(); ++step)
    for (const SearchAll::Entry& e : searches.step(step))
      std::ranges::copy(e.search->counted(), std::back_inserter(by_step[index(step)]));
  all.cubes = {lost, std::move(by_step)};
  return all;
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

// Each step's wrong leaves, merged; the largest are returned, at least one if time is over.
void list_regions(Certification& result, const model::Decoder& decoder,
                  const std::vector<std::vector<Leaf>>& leaves, const FailureUnion& failures, int most,
                  const Deadline& deadline) {
  std::vector<StepCube> wrong;
  for (std::size_t step = 0; step < leaves.size(); ++step)
    for (const Leaf& leaf : leaves[step])
      if (leaf.verdict == Verdict::wrong) wrong.push_back({static_cast<int>(step), leaf.cube, leaf.pairs});
  wrong = merge_regions(wrong, deadline);
  result.region_count = wrong.size();
  const auto greedy = model::make_forward_greedy(decoder);  // of so few pairs: tables take longer to make
  for (const StepCube& c : wrong) {
    if (static_cast<int>(result.regions.size()) >= most || (deadline.passed() && !result.regions.empty()))
      break;
    Region region{c.step, c.cube, c.pairs, failures.first_failures(c.step, c.cube), {}, {}};
    replay(decoder, *greedy, region);
    result.regions.push_back(region);
  }
}

// How long the union may take from now on.
double union_seconds(const CertifyOptions& options, const Deadline& deadline) {
  if (options.interrupted && options.interrupted->load()) return kAfterInterrupt;
  if (options.time_limit == kInfinity) return kInfinity;
  return std::max(kUnionShare * options.time_limit - deadline.elapsed(),
                  (kUnionShare - kMostSearch) * options.time_limit);
}

// Returns the lost cubes.
FailureUnion::ByStep search(SearchAll& searches, const CertifyOptions& options, const Deadline& deadline) {
  const double limit = options.time_limit;
  const Deadline at_most(kMostSearch * limit, options.interrupted);
  const auto watch = [&](const SearchAll& s) {
    if (options.progress) options.progress({s.finished(), s.total(), deadline.elapsed()});
    const double unite = kSecondsOfLeaf * static_cast<double>(s.leaves());
    return deadline.elapsed() < std::max(kLeastSearch * limit, kUnionShare * limit - unite);
  };
  FailureUnion::ByStep lost;
  searches.try_roots(at_most);
  if (!options.leaves) lost = lost_cubes(searches, at_most.part(kLostShare), watch);
  searches.run(at_most, options.total_only, watch);
  return lost;
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
  model::ensure(options.above == 0.0 || options.semantics == Semantics::real,
                "margins are counted over the reals");
  SearchAll searches(decoder, options.semantics, options.threads, options.leaves, options.above);
  const FailureUnion::ByStep lost = search(searches, options, deadline);

  Certification result;
  result.digits = decoder.layout.digits;
  result.semantics = options.semantics;
  result.ulps = library_ulps();
  FailureUnion::ByStep leaves;
  for (int step = 0; step < searches.steps(); ++step) leaves.push_back(doubtful(searches.step(step)));
  count_steps(result, decoder, searches);
  if (options.leaves) collect_leaves(result, searches);
  const Deadline for_union(union_seconds(options, deadline));
  const FailureUnion failures(leaves, result.digits, for_union, counted(result, searches, lost, options),
                              !options.leaves);
  result.pairs = failures.pairs();
  for (StepCounts& step : result.steps) step.first_failures = failures.first_failures(step.step);
  failures.count_classes(options.time_limit < kInfinity ? kMostStates : kMostStatesUnhurried,
                         result.by_cascade, result.by_carries);
  if (options.mixture) {
    result.mixture = options.mixture->name;
    result.by_part = count(failures, *options.mixture, decoder.layout);
  }
  list_regions(result, decoder, leaves, failures, options.regions,
               Deadline(options.time_limit - deadline.elapsed()));
  if (!deadline.passed()) result.by_reference = ask_reference(decoder, failures);
  result.exact = result.pairs.undecided == 0;
  if (options.margin) result.smallest = find_smallest_margin(decoder, searches, options, deadline);
  result.seconds = deadline.elapsed();
  return result;
}

}  // namespace carryscope::verify
