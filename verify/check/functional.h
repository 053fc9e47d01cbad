// Functionals of a question's additions in whole numbers: their units, and their terms token by token.
#pragma once

#include <cmath>

#include "verify/check/question.h"

namespace carryscope::verify::check {

// Directions are integers, 1 = 2^24; a functional's terms are E (direction z - offset), with the bracket
// rounded up to 2^-52: 57 bits and a sign, times 58 bits, and at most 2^10 of them fit 128 bits.
inline constexpr int kDirectionBits = 24, kDropped = kDirectionBits + kCoordinateBits - 52, kInverseBits = 30;
// Several heads: terms lose 40 bits before they are multiplied by 1/D (30 bits behind the point, at most 36
// in all); what comes out is in units of 2^-50 coordinate units, times the direction.
inline constexpr int kJointDropped = 40, kJointBits = 50;
static_assert(kJointBits == kDirectionBits - kDropped + kWeightBits - kJointDropped + kInverseBits);

inline std::size_t index(int i) { return static_cast<std::size_t>(i); }

inline Int shift_up(Int x, int bits) { return (x + (Int{1} << bits) - 1) >> bits; }

inline double above(Int x) {  // as a double, rounded up
  const double d = static_cast<double>(x);
  return d + std::abs(d) * 0x1p-50;
}

// An upper bound of E (bracket).
inline Int term(Int bracket, const Reading& r) { return bracket * (bracket >= 0 ? r.high : r.low); }

template <class V, class Each>
Terms<V> terms(const Question& q, int head, Each&& each) {
  Terms<V> f(q.domain.digits);
  for (const Cell& cell : q.cells) {
    const std::vector<Reading>& readings = cell.by_head[index(head)];
    if (cell.token < 0) {
      f.constant = f.constant + each(readings[0]);
      continue;
    }
    const std::size_t digits = cell.token == s_token(q.domain.digits, q.domain.digits) ? 2 : 10;
    for (std::size_t s = 0; s < digits; ++s) {
      V& entry = f.at(cell.token)[s];
      entry = entry + each(readings[s]);
    }
  }
  return f;
}

}  // namespace carryscope::verify::check
