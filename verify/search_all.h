// SearchAll: the searches of every question of every answer digit, on several threads.
//
// First the roots of each question, which shows where the model seems bad: a pair that one step gets
// wrong needs no other, so the worst steps come first. Then each question alone, which decides most models
// to the last pair. What is left is worked on in slices, the question with the largest undecided cube
// first, until nothing is open or time is up.
#pragma once

#include <atomic>
#include <map>
#include <memory>

#include "verify/deadline.h"
#include "verify/step_search.h"

namespace carryscope::verify {

// One thread's tails, by number of axes.
class Tails {
 public:
  Tails(const model::Decoder& decoder, Semantics semantics, double above = 0.0)
      : decoder_(decoder), semantics_(semantics), above_(above) {}
  TailBounds& of(const Question& question);

 private:
  const model::Decoder& decoder_;
  Semantics semantics_;
  double above_;
  std::map<int, std::unique_ptr<TailBounds>> by_axes_;
};

class SearchAll {
 public:
  struct Entry {
    std::unique_ptr<Question> question;
    std::unique_ptr<StepSearch> search;
    int step = 0;
    bool begun = false;      // beyond its roots
    Count wrong = 0;         // known when last released
    std::size_t leaves = 0;  // the same
  };
  using Watch = std::function<bool(const SearchAll&)>;  // whether to go on

  // Builds all questions of the decoder. The decoder must outlive this. Pairs whose margin is not above
  // `above` count as wrong.
  SearchAll(const model::Decoder& decoder, Semantics semantics, int threads, bool keep_correct = false,
            double above = 0.0);

  // Of prepared questions, by step: those of an edited table. The decoder gives the tail.
  SearchAll(const model::Decoder& decoder, Semantics semantics, int threads,
            std::vector<std::vector<Question>> questions, bool keep_correct = false, double above = 0.0);

  // Looks at each root, once.
  void try_roots(const Deadline& deadline);
  // Searches, after a look at each root; `watch` is called from one thread between slices, and ends it. With
  // total_only, ends as soon as some step is known to get every pair wrong.
  void run(const Deadline& deadline, bool total_only, const Watch& watch);

  Tails tails() const { return {decoder_, semantics_, above_}; }  // for one more thread
  int digits() const { return decoder_.layout.digits; }
  bool all_lost() const { return all_lost_; }  // whether some step is known to get every pair wrong
  int steps() const { return static_cast<int>(by_step_.size()); }
  const std::vector<Entry>& step(int step) const { return by_step_[static_cast<std::size_t>(step)]; }
  std::vector<const Question*> questions() const;    // all, by step and symbol
  int finished() const { return finished_.load(); }  // questions decided, of total()
  int total() const { return total_; }
  std::size_t leaves() const { return leaves_.load(); }  // that are not `correct`, so far

 private:
  Entry* claim(bool fresh);
  double urgency(const Entry& entry) const;
  void work(Entry& entry, TailBounds& tail);
  void release(Entry* entry, bool fresh);

  const model::Decoder& decoder_;
  Semantics semantics_;
  int threads_;
  bool keep_correct_;
  double above_;
  std::vector<std::vector<Entry>> by_step_;
  std::mutex mutex_;
  std::atomic<int> finished_ = 0;
  int total_ = 0;
  std::vector<Entry*> idle_, untouched_;
  std::vector<double> doubt_;           // by step: of its questions, on average, so far
  std::vector<Count> wrong_;            // by step: surely wrong, in leaves
  std::atomic<bool> all_lost_ = false;  // some step gets every pair wrong
  std::atomic<bool> called_off_ = false;
  std::atomic<std::size_t> leaves_ = 0;
};

}  // namespace carryscope::verify
