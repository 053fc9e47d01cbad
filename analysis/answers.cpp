#include "analysis/answers.h"

#include <algorithm>
#include <bit>

#include "model/parallel.h"
#include "model/tail.h"
#include "verify/rounding.h"
#include "verify/step_search.h"

namespace carryscope::analysis {
namespace {

using verify::Attended, verify::Count, verify::Cube, verify::Leaf, verify::Question, verify::Semantics,
    verify::StepSearch, verify::TailBounds, verify::Verdict;

constexpr std::uint64_t kSlice = 100;            // cubes between two looks at limits
constexpr std::uint64_t kNodesOfStep = 200'000;  // to find where a step of the whole model errs
constexpr std::size_t kCubesOfStep = 5'000;      // more than that are not told apart
constexpr std::uint64_t kNodesOfCube = 2'000;    // to show what it answers there
constexpr std::size_t kCertain = 1'000;          // cubes returned

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// The searches of one step's questions, the one with the most to win first.
class StepSearches {
 public:
  StepSearches(const Network& network, const model::Decoder& decoder, const std::vector<Attended>& states,
               bool keep_correct = false) {
    for (const Attended& read : states) {
      auto question = std::make_unique<Question>(verify::ask(*network.table, read));
      const Cube domain = question->domain();
      if (verify::count(domain) == 0) continue;
      auto search = std::make_unique<StepSearch>(*question, decoder, Semantics::real, domain, keep_correct);
      auto tail = TailBounds::make(decoder, Semantics::real, question->axes);
      searches_.push_back({std::move(question), std::move(search), std::move(tail)});
    }
  }

  void run(const ChangeLimits& limits) {
    std::uint64_t nodes = 0;
    for (One& one : searches_) one.search->try_roots(*one.tail);
    while (nodes < limits.nodes && !limits.deadline->passed()) {
      if (limits.any && wrong() > 0) return;
      const auto next =
          std::ranges::max_element(searches_, {}, [](const One& one) { return one.search->promise(); });
      if (next == searches_.end() || next->search->complete()) return;
      next->search->run(*next->tail, kSlice);
      nodes += kSlice;
    }
  }

  struct One {
    std::unique_ptr<Question> question;
    std::unique_ptr<StepSearch> search;
    std::unique_ptr<TailBounds> tail;
  };
  std::vector<One>& all() { return searches_; }
  Count wrong() const {
    Count sum = 0;
    for (const One& one : searches_) sum += one.search->surely_wrong();
    return sum;
  }

 private:
  std::vector<One> searches_;
};

// The decoder for which `token` is right where the step's true digit is the cube's.
model::Decoder told(const model::Decoder& decoder, const Cube& cube, int place, int token) {
  model::Decoder claim = decoder;
  for (int d = 0; d < 10; ++d)
    if (cube.s[index(place)] & verify::only(d)) claim.layout.digit_tokens[index(d)] = token;
  return claim;
}

// About what the model answers at a pair, in doubles.
int guess(const model::Decoder& decoder, const Question& q, model::Pair pair) {
  const std::vector<double> u = verify::output_near(q, pair).u;
  std::vector<double> x, logits(index(decoder.vocabulary));
  for (int i = 0; i < q.width; ++i) {
    x.push_back(q.base[index(i)].mid());
    for (int k = 0; k < q.axes; ++k) x.back() += u[index(k)] * q.axis[index(k * q.width + i)];
  }
  model::Tail<double>(decoder).logits(x, logits);
  return static_cast<int>(std::ranges::max_element(logits) - logits.begin());
}

// What one question's model answers on a cube that it gets wrong, by parts.
void resolve(const model::Decoder& decoder, StepSearches::One& one, const Leaf& leaf,
             const verify::Deadline& deadline, Exceptions& out) {
  std::vector<Leaf> open{leaf};
  for (int tries = 0; !open.empty(); ++tries) {
    const Leaf part = open.back();
    open.pop_back();
    if (deadline.passed() || tries > decoder.vocabulary) {
      out.push_back({part.cube, part.pairs, {}});
      continue;
    }
    const int token = guess(decoder, *one.question, verify::nth_pair(part.cube, part.pairs / 2));
    const model::Decoder claim = told(decoder, part.cube, one.question->target_place, token);
    StepSearch search(*one.question, claim, Semantics::real, part.cube, true);
    search.run(*one.tail, kNodesOfCube);
    for (const Leaf& l : search.correct_leaves()) out.push_back({l.cube, l.pairs, token});
    for (const Leaf& l : search.open()) out.push_back({l.cube, l.pairs, {}});
    for (const Leaf& l : search.leaves())
      if (l.verdict == Verdict::wrong)
        open.push_back(l);
      else
        out.push_back({l.cube, l.pairs, {}});
  }
}

Exceptions exceptions_of_step(const Network& network, const std::vector<Attended>& states,
                              const verify::Deadline& deadline) {
  const verify::RoundUpward upward;
  StepSearches searches(network, network.decoder, states);
  searches.run({kNodesOfStep, false, &deadline});
  std::size_t cubes = 0;
  for (StepSearches::One& one : searches.all())
    cubes += one.search->complete() ? one.search->leaves().size() : kCubesOfStep + 1;
  if (cubes > kCubesOfStep) {
    const int digits = network.decoder.layout.digits;
    return {{Cube::everything(digits), verify::all_pairs(digits), {}}};
  }
  Exceptions out;
  for (StepSearches::One& one : searches.all())
    for (const Leaf& leaf : one.search->leaves())
      if (leaf.verdict == Verdict::wrong &&
          std::has_single_bit(leaf.cube.s[index(one.question->target_place)]))
        resolve(network.decoder, one, leaf, deadline, out);
      else
        out.push_back({leaf.cube, leaf.pairs, {}});
  return out;
}

// Pairs of a cube that are in none of the exceptions, which are disjoint.
Count outside(const Cube& cube, Count pairs, const Exceptions& exceptions) {
  for (const Answer& e : exceptions) pairs -= verify::count(verify::intersect(cube, e.cube));
  return pairs;
}

// What a pruned question answers where the whole model does not write the true digit.
void compare_exception(const model::Decoder& decoder, StepSearches::One& one, const Answer& whole,
                       const ChangeLimits& limits, Changed& out) {
  const Cube cube = verify::intersect(whole.cube, one.question->domain());
  const Count pairs = verify::count(cube);
  if (pairs == 0) return;
  if (!whole.token) {
    out.undecided += pairs;
    return;
  }
  const model::Decoder claim = told(decoder, cube, one.question->target_place, *whole.token);
  StepSearch search(*one.question, claim, Semantics::real, cube);
  for (std::uint64_t n = 0; n < limits.nodes && !search.complete() && !limits.deadline->passed(); n += kSlice)
    search.run(*one.tail, kSlice);
  const verify::Tally tally = search.tally();
  out.changed += tally.wrong;
  out.undecided += tally.undecided;
  for (const Leaf& leaf : search.leaves())
    if (leaf.verdict == Verdict::wrong && out.certain.size() < kCertain) out.certain.push_back(leaf.cube);
}

// Whether every head of every query state has a key that is seen whatever it holds: 0/0 is no answer.
bool attends(const std::vector<Attended>& states) {
  const auto seen = [](const std::vector<verify::Reading>& cell) {
    return !cell.empty() &&
           std::ranges::all_of(cell, [](const verify::Reading& r) { return r.weight.lower() > 0.0; });
  };
  for (const Attended& read : states)
    for (const auto& cells : read.readings)
      if (std::ranges::none_of(cells, seen)) return false;
  return true;
}

Changed changed_upward(const Network& network, const model::Decoder& decoder,
                       const std::vector<Attended>& states, const Exceptions& whole,
                       const ChangeLimits& limits) {
  const Count all = verify::all_pairs(network.decoder.layout.digits);
  const bool lost = whole.size() == 1 && whole[0].pairs == all && !whole[0].token;
  if (lost || !attends(states) || limits.deadline->passed()) return {0, all, {}};
  StepSearches searches(network, decoder, states);
  Changed out;
  for (StepSearches::One& one : searches.all())
    for (const Answer& exception : whole) compare_exception(decoder, one, exception, limits, out);
  if (limits.any && out.changed > 0) return out;
  ChangeLimits rest = limits;
  rest.any = limits.any && whole.empty();  // what is wrong may be what the whole model gets wrong
  searches.run(rest);
  for (StepSearches::One& one : searches.all()) {
    if (whole.empty()) {  // hyperplanes may have counted parts of open cubes
      const verify::Tally tally = one.search->tally();
      out.changed += tally.wrong;
      out.undecided += tally.undecided;
    }
    for (const Leaf& leaf : one.search->leaves()) {
      const bool wrong = leaf.verdict == Verdict::wrong;
      const Count pairs = outside(leaf.cube, leaf.pairs, whole);
      if (!whole.empty()) (wrong ? out.changed : out.undecided) += pairs;
      if (wrong && pairs == leaf.pairs && out.certain.size() < kCertain) out.certain.push_back(leaf.cube);
    }
    if (!whole.empty())
      for (const Leaf& leaf : one.search->open()) out.undecided += outside(leaf.cube, leaf.pairs, whole);
  }
  return out;
}

}  // namespace

bool known(const Exceptions& exceptions) {
  return std::ranges::all_of(exceptions, [](const Answer& e) { return e.token.has_value(); });
}

std::vector<Exceptions> exceptions(const Network& network, const verify::Certification& certified,
                                   int threads, const verify::Deadline& deadline) {
  std::vector<Exceptions> all(network.steps.size());
  std::atomic<std::size_t> next = 0;
  model::in_parallel(threads, [&](int) {
    for (std::size_t i = next++; i < certified.steps.size(); i = next++) {
      const verify::StepCounts& step = certified.steps[i];
      if (step.own.correct < step.own.total)
        all[index(step.step)] = exceptions_of_step(network, network.steps[index(step.step)], deadline);
    }
  });
  return all;
}

Changed changed(const Network& network, const model::Decoder& decoder, const std::vector<Attended>& states,
                const Exceptions& whole, const ChangeLimits& limits) {
  const verify::RoundUpward upward;
  return changed_upward(network, decoder, states, whole, limits);
}

}  // namespace carryscope::analysis
