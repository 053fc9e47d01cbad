// Local configurations: all letters of a step's place and of the place below it, with the carry into the
// latter, and what the model computes at one addition of each. 20,000 of them inside, fewer at the ends.
//
// The far digits of each are drawn once, at random: what is said of the table is decided for every local
// configuration, but at one choice of the others each; the pair is kept as a witness.
#pragma once

#include "analysis/anatomy.h"
#include "analysis/subject.h"
#include "verify/cube.h"

namespace carryscope::analysis {

struct Local {
  int a = 0, b = 0;                // at the place; 0 above all operands
  int a_below = 0, b_below = 0;    // at the place below; 0 where there is none
  int carry_below = 0, carry = 0;  // into the place below, into the place
  model::Pair pair;
};

struct LocalTable {
  int step = 0, place = 0;
  std::vector<Local> rows;
  std::vector<Anatomy> anatomy;  // of each row, given the true prefix
};

// The parts of a cube in which the letters of the place and of the place below and their carries are known.
std::vector<verify::Cube> local_parts(const verify::Cube& cube, int place);
// What a pair holds there.
Local local_of(model::Pair pair, int place, int digits);

// One of each, the far digits drawn with the seed.
std::vector<Local> local_configurations(const model::Layout& layout, int step, std::uint64_t seed);

LocalTable local_table(const Subject& subject, int step);

}  // namespace carryscope::analysis
