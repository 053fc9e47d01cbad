// SearchAll: the searches of every question of every answer digit, on several threads.
//
// First each question alone, which decides most models to the last pair. What is left is worked on
// in slices, the question with the largest undecided cube first, until nothing is open or time is up.
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
  Tails(const model::Decoder& decoder, Semantics semantics) : decoder_(decoder), semantics_(semantics) {}
  TailBounds& of(const Question& question);

 private:
  const model::Decoder& decoder_;
  Semantics semantics_;
  std::map<int, std::unique_ptr<TailBounds>> by_axes_;
};

class SearchAll {
 public:
  struct Entry {
    std::unique_ptr<Question> question;
    std::unique_ptr<StepSearch> search;
  };
  using Watch = std::function<void(const SearchAll&)>;

  // Builds all questions. The decoder must outlive this.
  SearchAll(const model::Decoder& decoder, Semantics semantics, int threads, bool keep_correct = false);

  // Searches; `watch` is called from one thread between slices.
  void run(const Deadline& deadline, const Watch& watch);

  int steps() const { return static_cast<int>(by_step_.size()); }
  const std::vector<Entry>& step(int step) const { return by_step_[static_cast<std::size_t>(step)]; }
  std::vector<const Question*> questions() const;    // all, by step and symbol
  int finished() const { return finished_.load(); }  // questions decided, of total()
  int total() const { return total_; }

 private:
  Entry* claim(bool fresh);
  void release(Entry* entry);

  const model::Decoder& decoder_;
  Semantics semantics_;
  int threads_;
  bool keep_correct_;
  std::vector<std::vector<Entry>> by_step_;
  std::mutex mutex_;
  std::atomic<int> finished_ = 0;
  int total_ = 0;
  std::vector<Entry*> idle_, untouched_;
};

}  // namespace carryscope::verify
