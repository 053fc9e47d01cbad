// Rows of eight floats in memory, one a lane, to eight vectors and back: transposed in registers where a
// vector holds eight or sixteen numbers.
#pragma once

#include "model/vectors.h"

namespace carryscope::model::CARRYSCOPE_ISA {

// Eight vectors of eight, transposed in registers: pairs, then fours, then halves change places.
template <class L>
inline void transpose(L* x) {
  L y[8], z[8];
  for (int i = 0; i < 8; i += 2) {
    y[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    y[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; i += 4)
    for (int k = 0; k < 2; ++k) {
      z[i + 2 * k] = __builtin_shufflevector(y[i + k], y[i + k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      z[i + 2 * k + 1] = __builtin_shufflevector(y[i + k], y[i + k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < 4; ++i) {
    x[i] = __builtin_shufflevector(z[i], z[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    x[i + 4] = __builtin_shufflevector(z[i], z[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

// The two halves of sixteen lanes, and back.
template <class L>
using Half = Lanes<kLanes<L> / 2>;

template <class L>
inline Half<L> low(const L& x) {
  return __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7);
}
template <class L>
inline Half<L> high(const L& x) {
  return __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
}
template <class L>
inline L joined(const Half<L>& x, const Half<L>& y) {
  return __builtin_shufflevector(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// columns[c], lane i = rows[i][c], for the `count` first of the eight floats of each row.
template <class L>
CARRYSCOPE_BOTH inline void to_columns(const float* const* rows, int count, L* columns) {
  if constexpr (kLanes<L> == 16) {
    Half<L> x[8], y[8];
    to_columns<Half<L>>(rows, count, x);
    to_columns<Half<L>>(rows + 8, count, y);
    for (int c = 0; c < count; ++c) columns[c] = joined<L>(x[c], y[c]);
  } else if constexpr (kLanes<L> == 8) {
    L x[8];
    for (int i = 0; i < 8; ++i) x[i] = load<L>(rows[i]);
    transpose(x);
    for (int c = 0; c < count; ++c) columns[c] = x[c];
  } else {
    for (int c = 0; c < count; ++c) {
      L x = L{};
      for (int i = 0; i < kLanes<L>; ++i) set_lane(x, i, rows[i][c]);
      columns[c] = x;
    }
  }
}

// rows + 8 i holds lane i of the eight columns.
template <class L>
CARRYSCOPE_BOTH inline void to_rows(const L* columns, float* rows) {
  if constexpr (kLanes<L> == 16) {
    Half<L> x[8], y[8];
    for (int c = 0; c < 8; ++c) x[c] = low(columns[c]), y[c] = high(columns[c]);
    to_rows<Half<L>>(x, rows);
    to_rows<Half<L>>(y, rows + 64);
  } else if constexpr (kLanes<L> == 8) {
    L x[8];
    for (int c = 0; c < 8; ++c) x[c] = columns[c];
    transpose(x);
    for (int i = 0; i < 8; ++i) store(rows + 8 * i, x[i]);
  } else {
    for (int c = 0; c < 8; ++c)
      for (int i = 0; i < kLanes<L>; ++i) rows[8 * i + c] = lane(columns[c], i);
  }
}

}  // namespace carryscope::model::CARRYSCOPE_ISA
