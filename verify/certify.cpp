#include "verify/certify.h"

#include <array>

#include "model/error.h"
#include "model/greedy.h"
#include "verify/class_counts.h"
#include "verify/local_bracket.h"
#include "verify/regions.h"
#include "verify/search_all.h"
#include "verify/smallest_margin.h"

namespace carryscope::verify {

using model::ensure;

namespace {

constexpr std::uint64_t kUnionWork = 200'000'000;  // comparisons of cubes, a few nanoseconds each
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

// Disjoint pieces of everything that is not correct. Wrong ones first, so that a pair that some step
// surely gets wrong is wrong whatever another step leaves open; nothing where the work is too much.
std::optional<std::vector<Piece>> disjoint_pieces(const std::vector<std::vector<Leaf>>& leaves) {
  FailingSet set(kUnionWork);
  for (const Verdict verdict : {Verdict::wrong, Verdict::undecided, Verdict::rounding})
    for (std::size_t step = 0; step < leaves.size(); ++step)
      for (const Leaf& leaf : leaves[step])
        if (leaf.verdict == verdict && !set.add(leaf.cube, verdict, static_cast<int>(step)))
          return std::nullopt;
  return set.pieces();
}

void subtract_from_correct(Counts& counts, Verdict verdict, Count pairs) {
  ensure(counts.correct >= pairs, "pieces do not overlap");
  counts.correct -= pairs;
  (verdict == Verdict::wrong      ? counts.wrong
   : verdict == Verdict::rounding ? counts.rounding
                                  : counts.undecided) += pairs;
}

void tabulate_classes(Certification& result, const std::vector<Piece>& pieces) {
  const Cube all = Cube::everything(result.digits);
  for (const Count pairs : count_by_cascade(all)) result.by_cascade.push_back({pairs, pairs, 0, 0, 0});
  for (const Piece& piece : pieces) {
    const auto by_cascade = count_by_cascade(piece.cube);
    for (std::size_t k = 0; k < by_cascade.size(); ++k)
      subtract_from_correct(result.by_cascade[k], piece.verdict, by_cascade[k]);
  }
  if (result.digits > kMostDigitsByCarries) return;
  const std::size_t patterns = std::size_t{1} << result.digits;
  std::array<std::vector<Count>, 4> by_verdict;
  for (auto& counts : by_verdict) counts.assign(patterns, 0);
  for (const Piece& piece : pieces)
    add_by_carries(piece.cube, by_verdict[static_cast<std::size_t>(piece.verdict)]);
  std::vector<Count> total(patterns, 0);
  add_by_carries(all, total);
  for (std::size_t bits = 0; bits < patterns; ++bits) {
    result.by_carries.push_back({total[bits], total[bits], 0, 0, 0});
    for (const Verdict v : {Verdict::wrong, Verdict::rounding, Verdict::undecided})
      subtract_from_correct(result.by_carries.back(), v, by_verdict[static_cast<std::size_t>(v)][bits]);
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

// Pairs of a region that no earlier step fails on.
Count first_failures(const Region& region, const std::vector<Piece>& pieces) {
  Count sum = 0;
  for (const Piece& p : pieces)
    if (p.step == region.step && p.verdict == Verdict::wrong && !masks_disjoint(p.cube, region.cube))
      sum += count(intersect(p.cube, region.cube));
  return sum;
}

// Each step's wrong leaves, merged. (Not the pieces, which are cut up where steps overlap.)
void list_regions(Certification& result, const model::Decoder& decoder,
                  const std::vector<std::vector<Leaf>>& leaves, const std::vector<Piece>& pieces, int most) {
  std::vector<Piece> wrong;
  for (std::size_t step = 0; step < leaves.size(); ++step)
    for (const Leaf& leaf : leaves[step])
      if (leaf.verdict == Verdict::wrong)
        wrong.push_back({leaf.cube, leaf.pairs, leaf.verdict, static_cast<int>(step)});
  wrong = merge_regions(std::move(wrong));
  result.region_count = wrong.size();
  const auto greedy = model::make_greedy(decoder);
  for (const Piece& p : wrong) {
    if (static_cast<int>(result.regions.size()) >= most) break;
    Region region{p.step, p.cube, p.pairs, 0, {}, {}};
    region.first_failures = first_failures(region, pieces);
    replay(decoder, *greedy, region);
    result.regions.push_back(region);
  }
}

Piece undecided_everywhere(int digits) {
  return {Cube::everything(digits), all_pairs(digits), Verdict::undecided, 0};
}

// Everything that needs the union as disjoint pieces.
void count_exactly(Certification& result, const std::vector<Piece>& pieces) {
  result.pairs = {all_pairs(result.digits), all_pairs(result.digits), 0, 0, 0};
  for (const Piece& piece : pieces) {
    subtract_from_correct(result.pairs, piece.verdict, piece.pairs);
    if (piece.verdict == Verdict::wrong) result.steps[index(piece.step)].first_failures += piece.pairs;
  }
  tabulate_classes(result, pieces);
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
  const auto pieces = disjoint_pieces(leaves);
  // Too many pieces to unite: nothing is known class by class.
  count_exactly(result, pieces ? *pieces : std::vector<Piece>{undecided_everywhere(result.digits)});
  const Counts bracket = local_bracket(decoder, leaves);
  if (bracket.undecided < result.pairs.undecided) result.pairs = bracket;
  if (pieces) list_regions(result, decoder, leaves, *pieces, options.regions);
  result.exact = result.pairs.undecided == 0;
  if (options.margin) result.smallest = find_smallest_margin(decoder, searches, options, deadline);
  result.seconds = deadline.elapsed();
  return result;
}

}  // namespace carryscope::verify
