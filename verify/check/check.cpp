#include "verify/check/check.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "model/checkpoint/sha256.h"
#include "model/error.h"
#include "verify/check/prover.h"
#include "verify/check/unite.h"

namespace carryscope::verify::check {

namespace {

using model::InputError;

constexpr int kBins = 2048;  // of hyperplane leaves: the more, the more pairs are told
constexpr std::size_t kUnionNodes = 4'000'000;
constexpr int kNarrow = 4;  // places: cubes of no more make a small diagram together
constexpr std::string_view kNames[] = {"correct", "wrong", "rounding-dependent", "undecided"};

std::size_t index(int i) { return static_cast<std::size_t>(i); }

struct Leaf {
  Cube cube;
  Kind kind = Kind::verdict;
  Verdict verdict = Verdict::undecided;
  Count pairs = 0;
  Count correct = 0, wrong = 0;  // hyperplane: at least so many; claimed, then derived
};

[[noreturn]] void refuse(const Question& q, const Cube& cube, const std::string& why) {
  throw Refused(fmt::format("step {}, query digit {}, leaf {}: {}", q.step, q.symbol, to_string(cube), why));
}

void match(const Certificate& c, const model::Checkpoint& checkpoint, const std::string& where) {
  if (c.file_sha256 != checkpoint.sha256)
    throw InputError(
        fmt::format("{}: it is about a file with sha256 {}, not about this one with {}; certify this file",
                    where, c.file_sha256, checkpoint.sha256));
  if (c.decoder_sha256 != model::sha256(checkpoint.decoder))
    throw InputError(where + ": the sha256 of its canonical Decoder is not this model's; certify this file");
  if (!(c.layout == checkpoint.decoder.layout))
    throw InputError(where + ": its layout is not the model's; certify this file");
  if (c.steps.size() != index(c.layout.answer_digits()))
    throw InputError(where + ": its number of steps is not the layout's; certify this file");
}

// The leaves of a tree, in order. Parts are disjoint and their pairs add up to the whole's.
void collect(const Question& q, const Tree& tree, std::size_t at, const Cube& cube,
             std::vector<Leaf>& leaves) {
  const Node& node = tree.nodes[at];
  const Count pairs = count(cube);
  if (node.kind != Kind::split) {
    leaves.push_back({cube, node.kind, node.verdict, pairs, node.correct, node.wrong});
    return;
  }
  Count sum = 0;
  unsigned taken = 0;
  for (const Node::Part& part : node.parts) {
    Cube child = cube;
    child.at(node.token) = part.digits;
    if ((part.digits & ~cube.at(node.token)) != 0) refuse(q, child, "it is wider than what it is a part of");
    if ((part.digits & taken) != 0) refuse(q, child, "it overlaps another leaf");
    taken |= part.digits;
    sum += count(child);
    collect(q, tree, part.node, child, leaves);
  }
  if (sum != pairs)
    refuse(q, cube, fmt::format("its parts hold {} of its {} pairs", to_string(sum), to_string(pairs)));
}

struct Task {
  Question question;
  std::vector<Leaf> leaves;
  Counts counts;
};

void prove(const Network& network, Task& task, Report& report, std::mutex& mutex) {
  Prover prover(network, task.question);
  std::uint64_t proven = 0;
  for (Leaf& leaf : task.leaves) {
    if (leaf.kind == Kind::hyperplane) {
      const auto [correct, wrong] = prover.split(leaf.cube, kBins);
      if (leaf.correct > correct || leaf.wrong > wrong)
        refuse(task.question, leaf.cube,
               fmt::format("claimed at least {} correct and {} wrong; derived {} and {}",
                           to_string(leaf.correct), to_string(leaf.wrong), to_string(correct),
                           to_string(wrong)));
      leaf.correct = correct, leaf.wrong = wrong;
      task.counts.correct += correct;
      task.counts.wrong += wrong;
      task.counts.undecided += leaf.pairs - correct - wrong;
      ++proven;
      continue;
    }
    const bool claims = leaf.verdict == Verdict::correct || leaf.verdict == Verdict::wrong;
    if (claims && leaf.pairs > 0 && !prover.proves(leaf.cube, leaf.verdict))
      refuse(task.question, leaf.cube,
             fmt::format("claimed {}, which could not be shown of all its {} pairs",
                         kNames[static_cast<std::size_t>(leaf.verdict)], to_string(leaf.pairs)));
    if (leaf.verdict == Verdict::rounding && !network.rounding().float32())
      refuse(task.question, leaf.cube, "claimed rounding-dependent, but the real semantics rounds nothing");
    proven += claims;
    Count* const counts[] = {&task.counts.correct, &task.counts.wrong, &task.counts.rounding,
                             &task.counts.undecided};
    *counts[static_cast<std::size_t>(leaf.verdict)] += leaf.pairs;
  }
  const std::lock_guard lock(mutex);
  report.leaves += task.leaves.size();
  report.proven += proven;
  report.boxes += prover.boxes();
}

// Calls work(i) for 0 <= i < n; what the smallest i throws is thrown again.
template <class Work>
void in_parallel(int threads, std::size_t n, Work&& work) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::exception_ptr> failures(n);
  std::atomic<bool> failed = false;
  std::vector<std::thread> crew;
  for (int t = 0; t < threads; ++t)
    crew.emplace_back([&] {
      for (std::size_t i = next++; i < n && !failed; i = next++) try {
          work(i);
        } catch (...) {
          failures[i] = std::current_exception();
          failed = true;
        }
      flint_cleanup();
    });
  for (std::thread& t : crew) t.join();
  for (const std::exception_ptr& f : failures)
    if (f) std::rethrow_exception(f);
}

// Trees stand in the order of the questions, which follow from the layout.
std::vector<Task> tasks(const Network& network, const Certificate& c, int threads) {
  std::vector<std::vector<Question>> by_step(c.steps.size());
  in_parallel(threads, by_step.size(),
              [&](std::size_t step) { by_step[step] = questions(network, static_cast<int>(step)); });
  std::vector<Task> all;
  for (auto& of_step : by_step)
    for (Question& q : of_step) {
      const std::size_t at = all.size();
      all.push_back({std::move(q), {}, {}});
      const Question& own = all.back().question;
      if (at >= c.trees.size() || c.trees[at].step != own.step || c.trees[at].symbol != own.symbol)
        refuse(own, own.domain, "its tree is missing");
      collect(own, c.trees[at], 0, own.domain, all.back().leaves);
    }
  if (all.size() != c.trees.size())
    throw Refused("the certificate holds more trees than the model has questions");
  return all;
}

void move(Count& from, Count& to, Count pairs) {
  pairs = std::min(pairs, from);
  from -= pairs;
  to += pairs;
}

// A leaf that is not surely correct, in its group of the union.
struct Doubt {
  Member member;
  Count pairs;  // not surely correct
  bool whole;   // none of it is: it can be united with others
};

std::vector<Doubt> doubts_of(const std::vector<Task>& tasks, int steps) {
  std::vector<Doubt> doubts;
  for (const Task& task : tasks)
    for (const Leaf& leaf : task.leaves) {
      if (leaf.verdict == Verdict::correct || leaf.pairs == 0) continue;
      const int group = leaf.verdict == Verdict::wrong       ? task.question.step
                        : leaf.verdict == Verdict::undecided ? steps
                                                             : steps + 1;
      doubts.push_back({{leaf.cube, group}, leaf.pairs - leaf.correct, leaf.correct == 0});
    }
  return doubts;
}

// Wrong by step, then undecided, then rounding-dependent: a pair belongs to the first of these it is in.
void count_union(const std::vector<Task>& tasks, Report& report) {
  const int steps = static_cast<int>(report.steps.size());
  std::vector<Doubt> doubts = doubts_of(tasks, steps);
  const auto wide = std::ranges::stable_partition(
      doubts, [](const Doubt& d) { return d.whole && width(d.member.cube) <= kNarrow; });
  const auto others =
      std::ranges::stable_partition(wide, [&](const Doubt& d) { return d.member.group < steps; });
  const std::size_t narrow = doubts.size() - wide.size(), wrong = doubts.size() - others.size();
  const int digits = tasks[0].question.domain.digits;
  // What makes a diagram large is left out where it must be.
  for (std::size_t most = doubts.size();; most = most > wrong ? wrong : most > narrow ? narrow : most / 4) {
    for (std::size_t i = most; i < doubts.size(); ++i) doubts[i].whole = false;
    std::vector<Member> members;
    for (const Doubt& d : doubts)
      if (d.whole) members.push_back(d.member);
    const auto groups = unite(members, steps + 2, digits, kUnionNodes);
    if (!groups) continue;
    report.first_failures.assign(groups->begin(), groups->begin() + steps);
    Counts& total = report.total;
    for (const Count n : report.first_failures) total.wrong += n;
    total.undecided = (*groups)[index(steps)];
    total.rounding = (*groups)[index(steps + 1)];
    total.correct = (*groups)[index(steps + 2)];
    // What was left out of the union may overlap anything; and the union holds the worst step's wrong pairs.
    for (const Doubt& d : doubts) {
      if (d.whole) continue;
      move(total.correct, total.undecided, d.pairs);
      if (d.member.group <= steps) move(total.rounding, total.undecided, d.pairs);
    }
    for (const Counts& step : report.steps)
      if (step.wrong > total.wrong) move(total.undecided, total.wrong, step.wrong - total.wrong);
    return;
  }
}

void replay(const Network& network, const std::vector<Task>& tasks, const Witness& w) {
  const int n = network.decoder().layout.digits;
  const std::uint64_t limit = model::power_of_ten(n);
  const std::string name = fmt::format("witness {} + {} of step {}", w.pair.a, w.pair.b, w.step);
  if (w.pair.a >= limit || w.pair.b >= limit) throw Refused(name + ": an operand has too many digits");
  Cube point = Cube::everything(n);
  for (int i = 0; i < n; ++i) {
    point.at(a_token(i)) = static_cast<std::uint16_t>(1 << model::digit_at(w.pair.a, i));
    point.at(b_token(n, i)) = static_cast<std::uint16_t>(1 << model::digit_at(w.pair.b, i));
  }
  for (const Task& task : tasks) {
    if (task.question.step != w.step) continue;
    Cube own = point;
    for (int t = 0; t < own.token_count(); ++t)
      own.at(t) = static_cast<std::uint16_t>(own.at(t) & task.question.domain.at(t));
    if (count(own) == 0) continue;
    if (!Prover(network, task.question).proves(own, Verdict::wrong))
      throw Refused(name + ": it could not be shown to be wrong");
    return;
  }
  throw Refused(name + ": no question of this step holds it");
}

// What is claimed follows from what was derived; where nothing is claimed to be undecided, it is the same.
void compare(const std::string& what, const Counts& claimed, const Counts& derived, Count all) {
  const bool holds = claimed.total() == all && claimed.correct <= derived.correct &&
                     claimed.wrong <= derived.wrong && (claimed.undecided > 0 || claimed == derived);
  if (!holds)
    throw Refused(fmt::format(
        "{}: claimed {} correct, {} wrong, {} rounding-dependent, {} undecided; derived {}, {}, {}, {}", what,
        to_string(claimed.correct), to_string(claimed.wrong), to_string(claimed.rounding),
        to_string(claimed.undecided), to_string(derived.correct), to_string(derived.wrong),
        to_string(derived.rounding), to_string(derived.undecided)));
}

}  // namespace

Report check(const Certificate& c, const model::Checkpoint& checkpoint, int threads,
             const std::string& where) {
  match(c, checkpoint, where);
  const Network network(checkpoint, Rounding(c.float32, c.ulps), where);
  std::vector<Task> all = tasks(network, c, threads);
  Report report;
  std::mutex mutex;
  in_parallel(threads, all.size(), [&](std::size_t i) { prove(network, all[i], report, mutex); });
  report.steps.resize(c.steps.size());
  for (const Task& task : all) {
    Counts& sum = report.steps[index(task.question.step)];
    sum.correct += task.counts.correct;
    sum.wrong += task.counts.wrong;
    sum.rounding += task.counts.rounding;
    sum.undecided += task.counts.undecided;
  }
  const Count pairs = count(Cube::everything(c.layout.digits));
  for (std::size_t step = 0; step < report.steps.size(); ++step) {
    if (report.steps[step].total() != pairs)
      throw Refused(fmt::format("step {}: its questions hold {} of the {} pairs", step,
                                to_string(report.steps[step].total()), to_string(pairs)));
    compare(fmt::format("step {}", step), c.steps[step], report.steps[step], pairs);
  }
  count_union(all, report);
  for (const Witness& w : c.witnesses) replay(network, all, w);
  compare("all steps", c.total, report.total, pairs);
  return report;
}

}  // namespace carryscope::verify::check
