// Condition: an expression as one automaton over places.
//
// A state is what its readers remember, with the comparisons that are settled already. Where the whole
// expression is settled, nothing more is remembered: so most conditions need few states.
#pragma once

#include <unordered_map>

#include "verify/query/expression.h"

namespace carryscope::verify::query {

class Condition {
 public:
  static constexpr int kNever = 0, kAlways = 1;  // states from which the outcome is known

  // Throws InputError where more than `most_states` states are needed. The expression must outlive this.
  Condition(const Expression& expression, int digits, std::size_t most_states);

  int start() const { return start_; }
  // Reads the next place. After place n every state is kNever or kAlways.
  int read(int state, int place, const Letter& letter);

  bool of_answer() const { return expression_.of_answer; }
  bool of_first() const { return expression_.of_first; }

 private:
  enum Truth : State { kFalse, kTrue, kOpen };
  using Key = std::vector<State>;  // of each reader, then the truth of each comparison

  int intern(Key key, int places);
  void settle(const Formula& formula, Key& key, int places) const;
  Truth truth(const Formula& formula, const Key& key) const;
  void mark_needed(const Formula& formula, const Key& key, std::vector<bool>& needed) const;
  void mark_readers(const Term& term, std::vector<bool>& needed) const;
  bool settled(const Term& term, const Key& key, int places) const;

  const Expression& expression_;
  int digits_;
  std::size_t most_states_, readers_;
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  std::unordered_map<Key, int, Hash> numbers_;
  Key last_key_;  // what intern() was asked for last, and its answer: neighbouring letters often agree
  int last_places_ = -1, last_ = 0;
  std::vector<Key> keys_;
  int start_ = 0;
};

}  // namespace carryscope::verify::query
