// Attended: one query state of one step and all that it reads, enclosed, before axes are chosen.
//
// The last form in which attention still is a table of tokens: an ablation is an edit of it (a cell's ten
// readings become one constant), and what is edited is a question like any other (question.h).
#pragma once

#include <vector>

#include "model/attention_table.h"
#include "verify/additive.h"
#include "verify/interval.h"

namespace carryscope::verify {

// What is read in one place: a token of the addition that some position holds, or a fixed position.
struct Cell {
  bool fixed = false;
  Token token;
};

// What one head reads at one (cell, digit): the weight and the contribution C = V W_o, if any.
struct Reading {
  Interval weight;                     // >= 0; all of a head share one positive factor
  std::vector<Interval> contribution;  // d, or empty: nothing is read there
};

// [head][cell][digit]; a fixed cell has one reading.
using Readings = std::vector<std::vector<std::vector<Reading>>>;

struct Attended {
  int step = 0;
  int symbol = 0;                  // the digit that the query's own token is (0 for a fixed token)
  Cube within;                     // of the pairs that ask so, only these; an edit may hold for some of them
  std::vector<Interval> residual;  // d, before attention
  std::vector<Cell> cells;         // by position; at last the plus-one softmax's rest
  Readings readings;
  std::vector<double> largest;  // heads x value_dim: >= |V| of whatever is read
};

template <class T>
Attended attend(const model::AttentionTable<T>& table, int step, int symbol);

}  // namespace carryscope::verify
