// Question: what one query state attends with, as a table of numbers.
//
// The residual after attention is  r = base + sum_h sum_k u_hk Q_k + rest,  u_hk = sum_j E z_k / sum_j E,
// |rest_i| <= remainder_i; the sums run over what is read, E > 0 is enclosed and the coordinates z are
// exact, by definition. What they leave out of the contributions is in the remainder, as is (float32) what
// rounding adds while the values are mixed.
#pragma once

#include "verify/check/chain.h"
#include "verify/check/network.h"

namespace carryscope::verify::check {

struct Reading {
  double low = 0, high = 0;  // of E
  std::vector<double> z;     // by axis
};

struct Cell {
  int token = -1;                             // of chain.h; -1: a fixed token, one reading
  std::vector<std::vector<Reading>> by_head;  // [head][digit]
};

struct Question {
  int step = 0, symbol = 0, target_place = 0, heads = 1, axes = 0;
  Cube domain;
  std::vector<Ball> base, remainder;  // d
  std::vector<double> axis;           // axes x d
  std::vector<Cell> cells;
};

// One query state, of the additions in a cube. The smaller the cube, the tighter: weights are relative to the
// heaviest key in it.
Question ask(const Network& network, int step, int symbol, const Cube& domain);

// The query states of a step, by symbol, each of all its additions.
std::vector<Question> questions(const Network& network, int step);

}  // namespace carryscope::verify::check
