// Pairs by carry class: counted exactly, listed by index, drawn uniformly.
//
// A class is a set of carry patterns accepted by an automaton that reads the carries c_1 .. c_n:
// one pattern, or all whose longest run of carries is k. Of the 100 digit pairs of a place, 55
// leave the carry as it comes in (0 to 0 or 1 to 1) and 45 change it, so the number of pairs
// behind each state is a two-term recurrence; the pair with a given index is found by walking it
// from the ones upwards. No rejection: a class of one pair in 10^20 is drawn as quickly as any other.
#pragma once

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
  // A state is what is remembered of the carries so far; state 0 is the start, before c_1.
  struct State {
    int carry = 0;       // the last carry read
    bool accept = true;  // whether the pattern may end here
  };

  PairClass(int digits, std::vector<State> states);
  void count();

  int digits_;
  std::vector<State> states_;
  std::vector<std::vector<std::array<int, 2>>> next_;  // [place][state][carry out], kDead where refused
  std::vector<std::vector<Count>> counts_;             // [place][state]: digit choices from place upwards
};

}  // namespace carryscope::model
