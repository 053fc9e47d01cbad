// Question: one query state of one step, with everything it may read, as additive tables.
//
// The residual after attention is r = base + sum_h sum_j E_h[j, x_j] (C_h[j, x_j] - c_h) / D_h, with
// C = V W_o, c_h a fixed centre per head and D_h = sum_j E_h[j, x_j]. The contributions C - c_h are
// expressed in the principal axes Q of the attention output: C - c_h = sum_k z_k Q_k + rest, where
// the coordinates z_k are doubles, so that
//     r  lies in  base + sum_k (u_k +- slack_k) Q_k +- remainder,    u_k = sum_h (sum_j E_h z_k) / D_h.
// Everything a bound needs about attention is therefore weights E (enclosed) and coordinates z
// (exact). Over the reals the number of axes is the rank of the output, not the residual's width, and
// what they leave out is rounding-sized. Under float32 semantics the axes span the whole residual:
// what its evaluation may add is known along every axis (slack), so it is bounded as tightly as u.
#pragma once

#include <vector>

#include "verify/attended.h"
#include "verify/elementary.h"
#include "verify/float32.h"

namespace carryscope::verify {

struct Question {
  int step = 0;
  int digits = 0;
  int target_place = 0;     // the place whose sum digit the step generates
  model::Slot asker;        // the slot of the query's own token ...
  int symbol = 0;           // ... and which digit it holds there (0 for a fixed token)
  Cube within;              // all pairs, or those that an edit holds for
  int width = 0, axes = 0;  // d, number of principal axes
  int heads = 0;

  std::vector<Interval> base;     // d: embedding + output bias + sum of the centres
  std::vector<double> axis;       // axes x d: Q
  std::vector<double> slack;      // axes, >= 0
  std::vector<double> remainder;  // d, >= 0

  // What is read, by (head, cell, digit); a cell is a token of the addition that some position
  // holds, or a fixed position. Arrays are heads x cells x kLane; unused lanes have weight 0.
  using Cell = verify::Cell;
  std::vector<Cell> cells;
  std::vector<double> weight_low, weight_high;
  std::vector<std::vector<double>> coordinate;  // [axis], each heads x cells x kLane

  // All additions of `within` whose query token is the one asked for.
  Cube domain() const;
  std::size_t at(int head, int cell) const {
    return static_cast<std::size_t>(head * static_cast<int>(cells.size()) + cell) * kLane;
  }
};

// Adds to f an upper bound, entry by entry, of  scale E_h (sum_k direction_k z_k + offset)  for one head.
// direction has question.axes entries; scale > 0.
void weighted_upper(const Question& question, int head, const double* direction, double offset, double scale,
                    Additive& f);

// About where a pair's output lies, u by axis, and how far to either side the weights' enclosures let it: no
// bounds, only for guesses that are proved afterwards.
struct NearOutput {
  std::vector<double> u, half;
};
NearOutput output_near(const Question& question, model::Pair pair);

// Under float32 semantics `read` must be what the table's own query state reads; over the reals, any edit.
template <class T>
Question ask(const model::AttentionTable<T>& table, const Attended& read);

// The query states that can generate answer digit `step` after a true prefix.
template <class T>
std::vector<Question> questions_of_step(const model::AttentionTable<T>& table, int step);

}  // namespace carryscope::verify
