#include "verify/search_all.h"

#include "model/attention_table.h"
#include "verify/workers.h"

namespace carryscope::verify {

namespace {

// Nodes: of each question's first turn, of later turns, and before hyperplane splits are worth their time.
constexpr std::uint64_t kFirst = 300, kSlice = 20, kPlain = 4000;
constexpr double kMostlyWrong =
    0.8;  // doubt above which a node is counted by hyperplanes at once, which is slow

using Questions = std::vector<std::vector<Question>>;

template <class T>
Questions build_steps(const model::Decoder& decoder, int threads) {
  const RoundUpward upward;
  const auto table = std::make_unique<model::AttentionTable<T>>(decoder);
  Questions questions(static_cast<std::size_t>(decoder.layout.answer_digits()));
  std::atomic<int> next = 0;
  in_parallel(threads, [&](int) {
    for (int step = next++; step < static_cast<int>(questions.size()); step = next++)
      questions[static_cast<std::size_t>(step)] = questions_of_step(*table, step);
  });
  return questions;
}

}  // namespace

TailBounds& Tails::of(const Question& question) {
  auto& tail = by_axes_[question.axes];
  if (!tail) tail = TailBounds::make(decoder_, semantics_, question.axes, above_);
  return *tail;
}

SearchAll::SearchAll(const model::Decoder& decoder, Semantics semantics, int threads, bool keep_correct,
                     double above)
    : SearchAll(decoder, semantics, threads,
                semantics == Semantics::real ? build_steps<Interval>(decoder, threads)
                                             : build_steps<Float32>(decoder, threads),
                keep_correct, above) {}

SearchAll::SearchAll(const model::Decoder& decoder, Semantics semantics, int threads, Questions questions,
                     bool keep_correct, double above)
    : decoder_(decoder),
      semantics_(semantics),
      threads_(threads),
      keep_correct_(keep_correct),
      above_(above) {
  for (auto& of_step : questions) {
    const int step = static_cast<int>(by_step_.size());
    by_step_.emplace_back();
    for (Question& q : of_step)
      by_step_.back().push_back({std::make_unique<Question>(std::move(q)), nullptr, step});
  }
  for (auto& entries : by_step_)
    for (Entry& entry : entries) untouched_.push_back(&entry);
  total_ = static_cast<int>(untouched_.size());
  doubt_.assign(by_step_.size(), 0.0);
  wrong_.assign(by_step_.size(), 0);
}

// How far a question's largest open cube may move the total: a pair that another step surely gets wrong does
// not matter, so steps that get nearly all pairs wrong go before all others.
double SearchAll::urgency(const Entry& entry) const {
  constexpr double kLeast = 0.001;
  return entry.search->promise() / (1.0 + kLeast - doubt_[static_cast<std::size_t>(entry.step)]);
}

// The next question to work on: one not searched yet, else the most urgent one.
SearchAll::Entry* SearchAll::claim(bool fresh) {
  const std::lock_guard lock(mutex_);
  auto& from = fresh ? untouched_ : idle_;
  if (from.empty()) return nullptr;
  auto best = from.begin();
  if (!fresh)
    best = std::max_element(from.begin(), from.end(),
                            [&](const Entry* x, const Entry* y) { return urgency(*x) < urgency(*y); });
  Entry* const entry = *best;
  from.erase(best);
  return entry;
}

void SearchAll::release(Entry* entry, bool fresh) {
  const std::lock_guard lock(mutex_);
  const auto step = static_cast<std::size_t>(entry->step);
  wrong_[step] += entry->search->surely_wrong() - entry->wrong;
  entry->wrong = entry->search->surely_wrong();
  leaves_ += entry->search->leaves().size() - entry->leaves;
  entry->leaves = entry->search->leaves().size();
  if (wrong_[step] == all_pairs(decoder_.layout.digits)) all_lost_ = true;
  if (fresh) doubt_[step] += entry->search->doubt() / static_cast<double>(by_step_[step].size());
  if (entry->search->complete())
    ++finished_;
  else
    idle_.push_back(entry);
}

std::vector<const Question*> SearchAll::questions() const {
  std::vector<const Question*> all;
  for (const auto& entries : by_step_)
    for (const Entry& entry : entries) all.push_back(entry.question.get());
  return all;
}

void SearchAll::try_roots(const Deadline& deadline) {
  if (untouched_.empty()) return;
  in_parallel(threads_, [&](int) {
    Tails all = tails();
    while (Entry* const entry = claim(true)) {
      entry->search = std::make_unique<StepSearch>(*entry->question, decoder_, semantics_,
                                                   entry->question->domain(), keep_correct_);
      if (!deadline.passed()) entry->search->try_roots(all.of(*entry->question));
      release(entry, true);
    }
  });
}

void SearchAll::run(const Deadline& deadline, bool total_only, const Watch& watch) {
  try_roots(deadline);
  in_parallel(threads_, [&](int worker) {
    Tails all = tails();
    while (!(deadline.passed() || called_off_ || (total_only && all_lost_))) {
      Entry* const entry = claim(false);
      if (!entry) break;
      work(*entry, all.of(*entry->question));
      release(entry, false);
      if (worker == 0 && watch && !watch(*this)) called_off_ = true;
    }
  });
}

void SearchAll::work(Entry& entry, TailBounds& tail) {
  const bool mostly_wrong = entry.search->doubt() > kMostlyWrong;
  const std::uint64_t nodes = mostly_wrong ? 1 : entry.begun ? kSlice : kFirst;
  entry.search->run(tail, nodes, mostly_wrong || entry.search->nodes() > kPlain);
  entry.begun = true;
}

}  // namespace carryscope::verify
