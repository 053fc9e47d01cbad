// Pairs by carry class: counted exactly, listed by index, drawn uniformly.
//
// A class is what an automaton accepts that reads, place by place from the ones, what the two digits do
// to a carry: 45 of the 100 digit pairs kill it (sum 0 to 8), 10 pass it on (9), 45 generate one (10 to
// 18). So the number of pairs behind each state is a three-term recurrence, and the pair with a given
// index is found by walking it. No rejection: a class of one pair in 10^20 is drawn as quickly as any other.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/pairs.h"
#include "model/python_random.h"

namespace carryscope::model {

class PairClass {
 public:
  // Pairs with cascade_class(pair, digits) == k, 0 <= k <= digits.
  static PairClass of_cascade(int k, int digits);
  // Pairs with c_i = bit i of `pattern`, 1 <= i <= digits; bit 0 (c_0) must be 0.
  static PairClass of_carries(std::uint32_t pattern, int digits);

  int digits() const { return digits_; }
  Count size() const { return counts_[0][0]; }
  Pair at(Count index) const;  // index < size(); every index gives another pair of the class
  // Draws with Python's random.Random(seed).randrange(size); the class is not empty. Repeats are kept.
  std::vector<Pair> sample(std::size_t count, std::uint64_t seed) const;

 private:
  static constexpr int kDead = -1;
  using Moves = std::array<int, 3>;  // the next state where the carry is killed, passed on, generated

  // A state is what is remembered of the places so far; state 0 is the start. accepts[state]: whether the
  // last place may end there.
  PairClass(int digits, std::vector<bool> accepts);
  void count();

  int digits_;
  std::vector<bool> accepts_;
  std::vector<std::vector<Moves>> next_;    // [place][state], kDead where refused
  std::vector<std::vector<Count>> counts_;  // [place][state]: digit choices from place upwards
};

}  // namespace carryscope::model
