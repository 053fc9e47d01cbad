// PairBlock: the digits of many pairs, place by place, as kernels read them.
#pragma once

#include <cstdint>
#include <vector>

#include "model/addition.h"

namespace carryscope::model {

struct PairBlock {
  static constexpr std::size_t kPadding = 64;  // a place has room for so many more

  int digits = 0;
  std::size_t count = 0;           // pairs that are filled in
  std::size_t stride = 0;          // from place to place; at least count
  std::vector<std::uint8_t> a, b;  // digits x stride: the digit of a (of b) at a place; zero beyond count

  PairBlock(int digits_of_operands, std::size_t capacity)
      : digits(digits_of_operands),
        stride((capacity + kPadding - 1) / kPadding * kPadding + kPadding),
        a(static_cast<std::size_t>(digits) * stride),
        b(a.size()) {}

  std::size_t at(int place, std::size_t pair) const {
    return static_cast<std::size_t>(place) * stride + pair;
  }

  void set(std::size_t pair, Pair value) {
    for (int place = 0; place < digits; ++place, value.a /= 10, value.b /= 10) {
      a[at(place, pair)] = static_cast<std::uint8_t>(value.a % 10);
      b[at(place, pair)] = static_cast<std::uint8_t>(value.b % 10);
    }
  }

  Pair pair(std::size_t i) const {
    Pair value;
    for (int place = digits - 1; place >= 0; --place) {
      value.a = 10 * value.a + a[at(place, i)];
      value.b = 10 * value.b + b[at(place, i)];
    }
    return value;
  }
};

}  // namespace carryscope::model
