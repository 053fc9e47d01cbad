#include "analysis/wrong_pairs.h"

#include <algorithm>

#include "analysis/answer_search.h"
#include "verify/failure_union.h"
#include "verify/rounding.h"

namespace carryscope::analysis {
namespace {

using verify::Count, verify::Leaf, verify::Question, verify::StepSearch, verify::TailBounds;

constexpr std::uint64_t kSlice = 100;  // cubes between two looks at limits
constexpr std::size_t kUnited = 100;   // leaves of a step that are united with other steps'

// StepSearch as AnswerSearch is used here. Wrong are the pairs of its leaves, which it knows at any time:
// what it counts of roots that seem wrong, and a model that seems right has none, would be a walk over all
// that is open.
class TargetSearch {
 public:
  TargetSearch(const Question& question, const model::Decoder& decoder)
      : search_(question, decoder, verify::Semantics::real, question.domain()) {}

  bool run(TailBounds& tail, std::uint64_t nodes) { return search_.run(tail, nodes); }
  double promise() const { return search_.promise(); }
  Count wrong() const { return search_.surely_wrong(); }
  Count undecided() const {
    const verify::Tally tally = search_.tally();
    return tally.undecided + tally.wrong - wrong();
  }
  std::vector<Leaf> leaves() const {
    std::vector<Leaf> all = search_.leaves();
    const auto open = search_.open();
    all.insert(all.end(), open.begin(), open.end());
    return all;
  }

 private:
  StepSearch search_;
};

template <class Search>
class Searches {
 public:
  Searches(const Network& network, const std::vector<EditedStep>& edits) {
    for (const EditedStep& edit : edits)
      for (const verify::Attended& read : edit.states) {
        auto question = std::make_unique<Question>(verify::ask(*network.table, read));
        if (verify::count(question->domain()) == 0) continue;
        auto search = std::make_unique<Search>(*question, *edit.tail);
        auto tail = TailBounds::make(*edit.tail, verify::Semantics::real, question->axes);
        all_.push_back({std::move(question), std::move(search), std::move(tail)});
      }
  }

  // The search with the most to win first; each at least once.
  WrongPairs run(Count total, const SearchLimits& limits) {
    const verify::Deadline deadline(limits.seconds, limits.interrupted);
    std::uint64_t nodes = 0;
    while (nodes < limits.work && !deadline.passed() && !enough(total, limits.width)) {
      const auto next =
          std::ranges::max_element(all_, {}, [](const One& one) { return one.search->promise(); });
      if (next == all_.end() || !(next->search->promise() > 0.0)) break;
      next->search->run(*next->tail, kSlice);
      nodes += kSlice;
    }
    WrongPairs result;
    for (const One& one : all_) {
      result.pairs.wrong += one.search->wrong();
      result.pairs.undecided += one.search->undecided();
      const auto leaves = one.search->leaves();
      result.leaves.insert(result.leaves.end(), leaves.begin(), leaves.end());
    }
    result.pairs.total = total;
    result.pairs.correct = total - result.pairs.wrong - result.pairs.undecided;
    result.seconds = deadline.elapsed();
    return result;
  }

 private:
  struct One {
    std::unique_ptr<Question> question;
    std::unique_ptr<Search> search;
    std::unique_ptr<TailBounds> tail;
  };

  bool enough(Count total, double width) const {
    if (width == 0.0) return false;
    double wrong = 0.0, undecided = 0.0;
    for (const One& one : all_) wrong += static_cast<double>(one.search->wrong());
    if (wrong < kMany * static_cast<double>(total)) return false;
    for (const One& one : all_) undecided += static_cast<double>(one.search->undecided());
    return undecided <= width * wrong;
  }

  std::vector<One> all_;
};

template <class Search>
WrongPairs search(const Network& network, const std::vector<EditedStep>& edits, const SearchLimits& limits) {
  return Searches<Search>(network, edits).run(verify::all_pairs(network.decoder.layout.digits), limits);
}

}  // namespace

WrongPairs wrong_pairs(const Network& network, const std::vector<EditedStep>& edits, bool seems_right,
                       const SearchLimits& limits) {
  const verify::RoundUpward upward;
  return seems_right ? search<TargetSearch>(network, edits, limits)
                     : search<AnswerSearch>(network, edits, limits);
}

verify::Counts wrong_anywhere(const std::vector<WrongPairs>& steps, int digits,
                              const verify::Deadline& deadline) {
  const Count total = verify::all_pairs(digits);
  Count least = 0, most = 0;
  bool all = true;  // leaves are united
  std::vector<std::vector<Leaf>> leaves;
  for (const WrongPairs& step : steps) {
    least = std::max(least, step.pairs.wrong);
    most = std::min(total, most + step.pairs.wrong + step.pairs.undecided);
    leaves.push_back(step.leaves);
    std::vector<Leaf>& largest = leaves.back();
    all &= largest.size() <= kUnited && (!largest.empty() || step.pairs.correct == total);
    if (largest.size() <= kUnited) continue;
    std::ranges::stable_sort(largest, std::greater{}, &Leaf::pairs);
    largest.resize(kUnited);
  }
  if (least < most) {
    const verify::Counts united = verify::FailureUnion(leaves, digits, deadline).pairs();
    least = std::max(least, united.wrong);
    if (all) most = std::min(most, total - united.correct);
  }
  return {total, total - most, least, 0, most - least};
}

std::vector<EditedStep> whole_step(const Network& network, int step) {
  return {{network.steps[static_cast<std::size_t>(step)], std::make_shared<model::Decoder>(network.decoder)}};
}

}  // namespace carryscope::analysis
