#include "verify/local_bracket.h"

#include <array>
#include <bit>

#include "model/error.h"

namespace carryscope::verify {

using model::Role;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// wrong[step]: whether every pair of the cell (s_{t-1}, c_t, a_t, b_t) is wrong at the step.
constexpr std::size_t kCells = 10 * 2 * 10 * 10;
std::size_t cell(int below, int carry, int a, int b) {
  return index(((below * 2 + carry) * 10 + a) * 10 + b);
}
using Cells = std::vector<std::array<bool, kCells>>;

// Answers from the ones up, each asked by the digit just generated.
bool is_local(const model::Layout& layout) {
  for (int step = 0; step < layout.answer_digits(); ++step) {
    if (layout.answer[index(step)].place != step) return false;
    const model::Slot& asker = layout.slot(layout.query_position(step));
    if (step == 0 ? asker.role != Role::fixed : !(asker.role == Role::sum && asker.place == step - 1))
      return false;
  }
  return true;
}

// The sub-cube of one cell at a place below the top.
Cube cell_cube(int digits, int place, int below, int carry, int a, int b) {
  Cube cube = Cube::everything(digits);
  if (place > 0) cube.s[index(place - 1)] = only(below);
  cube.c[index(place)] &= static_cast<std::uint8_t>(1 << carry);
  if (place == digits) return cube;
  cube.a[index(place)] = only(a);
  cube.b[index(place)] = only(b);
  return cube;
}

// Whether the leaf fills one whole cell of its step; if so, which.
bool fills_cell(const Leaf& leaf, int step, std::size_t& which) {
  const Cube& c = leaf.cube;
  const auto single = [](unsigned mask) { return std::popcount(mask) == 1; };
  const bool top = step == c.digits;
  if (step > 0 && !single(c.s[index(step - 1)])) return false;
  if (!single(c.c[index(step)]) || (!top && (!single(c.a[index(step)]) || !single(c.b[index(step)]))))
    return false;
  const int below = step > 0 ? std::countr_zero(static_cast<unsigned>(c.s[index(step - 1)])) : 0;
  const int carry = c.c[index(step)] == 2;
  const int a = top ? 0 : std::countr_zero(static_cast<unsigned>(c.a[index(step)]));
  const int b = top ? 0 : std::countr_zero(static_cast<unsigned>(c.b[index(step)]));
  which = cell(below, carry, a, b);
  return leaf.pairs == count(cell_cube(c.digits, step, below, carry, a, b));
}

Cells wholly_wrong(const std::vector<std::vector<Leaf>>& leaves,
                   std::vector<std::vector<const Leaf*>>& mixed) {
  Cells cells(leaves.size());
  mixed.resize(leaves.size());
  for (std::size_t step = 0; step < leaves.size(); ++step) {
    cells[step].fill(false);
    for (const Leaf& leaf : leaves[step]) {
      std::size_t which = 0;
      if (leaf.verdict == Verdict::wrong && fills_cell(leaf, static_cast<int>(step), which))
        cells[step][which] = true;
      else
        mixed[step].push_back(&leaf);
    }
  }
  return cells;
}

// Pairs of the cube that meet no wholly wrong cell.
Count count_outside(const Cube& cube, const Cells& cells) {
  std::array<std::array<Count, 10>, 2> state{};  // [carry][digit below]
  state[0][0] = 1;
  for (int place = 0; place < cube.digits; ++place) {
    std::array<std::array<Count, 10>, 2> next{};
    for_each_letter(cube, place, [&](int a, int b, int s, int in, int out) {
      for (int below = 0; below < 10; ++below)
        if (const Count paths = state[index(in)][index(below)];
            paths && !cells[index(place)][cell(below, in, a, b)])
          next[index(out)][index(s)] += paths;
    });
    state = next;
  }
  Count total = 0;
  for (int carry = 0; carry < 2; ++carry)
    for (int below = 0; below < 10; ++below)
      if (allows_top(cube, carry) && !cells[index(cube.digits)][cell(below, carry, 0, 0)])
        total += state[index(carry)][index(below)];
  return total;
}

// The union over steps of leaves that are partly wrong, partly open: [largest step's, sum of all].
struct UnionBracket {
  Count least = 0, most = 0;
  void add_step(Count wrong, Count doubtful, Count limit) {
    least = std::max(least, wrong);
    most = std::min(limit, most + doubtful);
  }
};

UnionBracket outside_cells(const std::vector<std::vector<const Leaf*>>& mixed, const Cells& cells, Count outside) {
  UnionBracket bracket;
  for (const auto& of_step : mixed) {
    Count wrong = 0, doubtful = 0;
    for (const Leaf* leaf : of_step) {
      const Count here = count_outside(leaf->cube, cells);
      if (leaf->verdict == Verdict::wrong) wrong += here;
      // Which of its pairs a hyperplane split counted is unknown: at worst those that fail anyway.
      const Count failing = leaf->pairs - here;
      wrong += leaf->wrong > failing ? leaf->wrong - failing : 0;
      doubtful += std::min(here, leaf->pairs - leaf->correct);
    }
    bracket.add_step(wrong, doubtful, outside);
  }
  return bracket;
}

UnionBracket everywhere(const std::vector<std::vector<Leaf>>& leaves, Count total) {
  UnionBracket bracket;
  for (const auto& of_step : leaves) {
    Count wrong = 0, doubtful = 0;
    for (const Leaf& leaf : of_step) {
      wrong += leaf.verdict == Verdict::wrong ? leaf.pairs : leaf.wrong;
      doubtful += leaf.pairs - leaf.correct;
    }
    bracket.add_step(wrong, doubtful, total);
  }
  return bracket;
}

}  // namespace

Counts local_bracket(const model::Decoder& decoder, const std::vector<std::vector<Leaf>>& leaves) {
  Counts counts;
  counts.total = all_pairs(decoder.layout.digits);
  Count outside = counts.total;
  UnionBracket rest;
  if (is_local(decoder.layout)) {
    std::vector<std::vector<const Leaf*>> mixed;
    const Cells cells = wholly_wrong(leaves, mixed);
    outside = count_outside(Cube::everything(decoder.layout.digits), cells);
    rest = outside_cells(mixed, cells, outside);
  } else {
    rest = everywhere(leaves, counts.total);
  }
  counts.wrong = counts.total - outside + rest.least;
  counts.correct = outside - rest.most;
  counts.undecided = rest.most - rest.least;
  return counts;
}

}  // namespace carryscope::verify
