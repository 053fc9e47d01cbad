#include "verify/output_range.h"

#include <bit>

#include "model/error.h"
#include "verify/rounding.h"

namespace carryscope::verify {

using model::ensure;
using model::Role;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
constexpr double kNever = -kInfinity;
constexpr int kWiderGrids = 2;  // before the one that is kept

bool allowed(std::uint8_t carries, int carry) { return carries >> carry & 1; }
std::size_t row_of(Role role) { return role == Role::a ? 0 : role == Role::b ? 1 : 2; }

// a + b + carry in, as bits, of letters that write an allowed digit and an allowed carry.
std::uint32_t sums_allowed(Digits s, std::uint8_t carries_out) {
  const std::uint32_t digits = s;
  return (allowed(carries_out, 0) ? digits : 0u) | (allowed(carries_out, 1) ? digits << 10 : 0u);
}

}  // namespace

std::pair<Box, Box> halve(const Box& box, std::size_t axis) {
  const double quarter = 0.5 * box.half[axis];
  Box low = box, high = box;
  low.half[axis] = high.half[axis] = quarter + 0x1p-50 * (std::abs(box.centre[axis]) + quarter);
  low.centre[axis] = box.centre[axis] - quarter;
  high.centre[axis] = box.centre[axis] + quarter;
  return {low, high};
}

OutputRange::Values OutputRange::never() {
  Values z;
  z.pairs.fill(pair::both(kNever));
  return z;
}

OutputRange::Values OutputRange::larger(const Values& x, const Values& y) {
  Values z;
  for (std::size_t i = 0; i < z.pairs.size(); ++i) z.pairs[i] = pair::max(x.pairs[i], y.pairs[i]);
  return z;
}

// Only what is impossible is -infinity, and it stays so when anything is added, infinity too.
OutputRange::Values OutputRange::sum(const Values& x, const Values& y) {
  Values z;
  for (std::size_t i = 0; i < z.pairs.size(); ++i)
    z.pairs[i] = pair::max(x.pairs[i] + y.pairs[i], pair::both(kNever));
  return z;
}

OutputRange::OutputRange(const Question& question) : question_(question), domain_(question.domain()) {
  ensure_upward();
  if (question.axes > kMaxAxes || question.heads > kMaxHeads)
    throw model::InputError("the model has " + std::to_string(question.heads) +
                            " heads, whose output spans " + std::to_string(question.axes) +
                            " dimensions; the search handles at most " + std::to_string(kMaxHeads) + " and " +
                            std::to_string(kMaxAxes));
  for (int head = 0; head < question.heads; ++head)
    for (int axis = 0; axis < question.axes; ++axis) tabulate(head, axis);
}

// The grid spans what the domain really takes, not what single coordinates could: it is found on wider grids.
void OutputRange::tabulate(int head, int axis) {
  Functional high(head, axis, 1.0), low(head, axis, -1.0);
  double bottom = kInfinity, top = kNever;
  for (std::size_t i = question_.at(head, 0); i < question_.at(head + 1, 0); ++i) {
    if (question_.weight_high[i] <= 0) continue;
    top = std::max(top, question_.coordinate[index(axis)][i]);
    bottom = std::min(bottom, question_.coordinate[index(axis)][i]);
  }
  high.cap = top;
  low.cap = -bottom;
  const Window whole = window(domain_);
  for (int round = 0; round <= kWiderGrids; ++round) {
    const double margin = 1e-9 * (top - bottom) + 1e-12 * std::max(std::abs(top), std::abs(bottom)) + 1e-300;
    tabulate(high, bottom - margin, top + margin);
    tabulate(low, -top - margin, margin - bottom);
    high.cap = top = supremum(high, domain_, whole);
    low.cap = supremum(low, domain_, whole);
    bottom = -low.cap;
  }
  functionals_.push_back(std::move(high));
  functionals_.push_back(std::move(low));
}

void OutputRange::tabulate(Functional& f, double low, double high) const {
  for (std::size_t g = 0; g < kGrid; ++g)
    f.grid[g] = low + (high - low) * static_cast<double>(g) / (kGrid - 1);
  f.letters.assign(index(question_.digits), Letters{});
  f.top = {};
  f.constant = {};
  for (int cell = 0; cell < static_cast<int>(question_.cells.size()); ++cell) add_cell(f, cell);
  fold(f);
}

// Upper bounds of  E (sign z - x)  for every digit of the cell, -infinity never.
void OutputRange::add_cell(Functional& f, int cell) const {
  const auto& [fixed, token] = question_.cells[index(cell)];
  const std::size_t at = question_.at(f.head, cell);
  const bool last = !fixed && token.role == Role::sum && token.place == question_.digits;
  for (std::size_t d = 0; d < (fixed ? 1 : last ? 2 : 10); ++d) {
    const Pair z = pair::both(f.sign * question_.coordinate[index(f.axis)][at + d]);
    const Pair least = pair::both(question_.weight_low[at + d]),
               most = pair::both(question_.weight_high[at + d]);
    Values& entry = fixed  ? f.constant
                    : last ? f.top[d]
                           : f.letters[index(token.place)][row_of(token.role)][d];
    for (std::size_t i = 0; i < entry.pairs.size(); ++i) {
      const Pair phi = z - Pair{f.grid[2 * i], f.grid[2 * i + 1]};
      const Pair bound = pair::max(pair::or_unbounded(phi * least), pair::or_unbounded(phi * most));
      entry.pairs[i] += pair::max(bound, pair::both(-kLargest));
    }
  }
}

OutputRange::State OutputRange::through(const Place& m, const State& x) {
  return {{larger(sum(x.carry[0], m.at[0][0]), sum(x.carry[1], m.at[1][0])),
           larger(sum(x.carry[0], m.at[0][1]), sum(x.carry[1], m.at[1][1]))}};
}

void OutputRange::fold(Functional& f) const {
  const int n = question_.digits;
  Cube free = domain_;
  for (std::size_t i = 0; i <= index(n); ++i) free.c[i] = kAnyCarry;
  f.places.resize(index(n));
  f.below.resize(index(n + 1));
  f.above.resize(index(n + 1));
  f.below[0] = {{f.constant, never()}};
  for (int i = 0; i < n; ++i) {
    f.places[index(i)] = best_letters(f.letters[index(i)], free, i);
    f.below[index(i + 1)] = through(f.places[index(i)], f.below[index(i)]);
  }
  for (std::size_t c = 0; c < 2; ++c)
    f.above[index(n)].carry[c] = (domain_.s[index(n)] >> c & 1) ? f.top[c] : never();
  for (int i = n - 1; i >= 0; --i)
    for (std::size_t in = 0; in < 2; ++in) {
      const auto& out = f.places[index(i)].at[in];
      const State& rest = f.above[index(i + 1)];
      f.above[index(i)].carry[in] = larger(sum(out[0], rest.carry[0]), sum(out[1], rest.carry[1]));
    }
}

// As for an Additive (additive.h): letters with the same a + b make one, then sums with the same carries.
OutputRange::Place OutputRange::best_letters(const Letters& f, const Cube& cube, int place) {
  const std::size_t p = index(place);
  Place best{{{never(), never()}, {never(), never()}}};
  std::uint32_t wanted = 0;  // a + b
  for (int in = 0; in < 2; ++in)
    if (allowed(cube.c[p], in)) wanted |= sums_allowed(cube.s[p], cube.c[p + 1]) >> in;
  std::array<Values, 19> by_sum;
  by_sum.fill(never());
  for (std::size_t a = 0; a < 10; ++a) {
    if (!(cube.a[p] >> a & 1)) continue;
    for (std::uint32_t b = wanted >> a & cube.b[p]; b != 0; b &= b - 1) {
      const auto digit = static_cast<std::size_t>(std::countr_zero(b));
      by_sum[a + digit] = larger(by_sum[a + digit], sum(f[0][a], f[1][digit]));
    }
  }
  for (std::size_t in = 0; in < 2; ++in) {
    if (!allowed(cube.c[p], static_cast<int>(in))) continue;
    for (std::uint32_t v = sums_allowed(cube.s[p], cube.c[p + 1]); v != 0; v &= v - 1) {
      const auto total = static_cast<std::size_t>(std::countr_zero(v));
      if (total - in > 18) continue;
      Values& entry = best.at[in][total >= 10];
      entry = larger(entry, sum(by_sum[total - in], f[2][total % 10]));
    }
  }
  return best;
}

OutputRange::Window OutputRange::window(const Cube& cube) const {
  const int n = question_.digits;
  Window w;
  w.first = n;
  for (int i = 0; i < n; ++i) {
    const std::size_t p = index(i);
    w.letters[p] = cube.a[p] != domain_.a[p] || cube.b[p] != domain_.b[p] || cube.s[p] != domain_.s[p];
    if (w.letters[p] || cube.c[p] != domain_.c[p]) w.first = std::min(w.first, i);
    if (w.letters[p] || cube.c[p + 1] != domain_.c[p + 1]) w.last = i;
  }
  if (cube.s[index(n)] != domain_.s[index(n)]) w.last = n - 1;
  w.first = std::min(w.first, w.last + 1);
  return w;
}

// F at every grid point, over the cube.
OutputRange::Values OutputRange::value(const Functional& f, const Cube& cube, const Window& w) const {
  const auto keep = [](const State& x, std::uint8_t carries) {
    return State{{allowed(carries, 0) ? x.carry[0] : never(), allowed(carries, 1) ? x.carry[1] : never()}};
  };
  State state = keep(f.below[index(w.first)], cube.c[index(w.first)]);
  for (int i = w.first; i <= w.last; ++i)
    state = keep(
        through(w.letters[index(i)] ? best_letters(f.letters[index(i)], cube, i) : f.places[index(i)], state),
        cube.c[index(i + 1)]);
  if (w.last + 1 == question_.digits) {
    state = keep(state, static_cast<std::uint8_t>(cube.s[index(question_.digits)] & 3));
    return larger(sum(state.carry[0], f.top[0]), sum(state.carry[1], f.top[1]));
  }
  const State& rest = f.above[index(w.last + 1)];
  return larger(sum(state.carry[0], rest.carry[0]), sum(state.carry[1], rest.carry[1]));
}

double OutputRange::supremum(const Functional& f, const Cube& cube, const Window& w) const {
  const Values at = value(f, cube, w);
  std::size_t high = 0;
  while (high < kGrid && at.at(high) > 0) ++high;
  if (high == kGrid) return f.cap;
  if (high == 0) return std::min(f.cap, f.grid[0]);
  // grid[low] + width * at[low] / (at[low] - at[high]), every operation rounded up.
  const double width = f.grid[high] - f.grid[high - 1];
  const double drop = -(at.at(high) - at.at(high - 1));  // rounded down
  return std::min({f.cap, f.grid[high], f.grid[high - 1] + width * (at.at(high - 1) / drop)});
}

void OutputRange::over(const Cube& cube, Output& output) const {
  const Window w = window(cube);
  output.total = Box{};
  std::size_t next = 0;
  for (int head = 0; head < question_.heads; ++head) {
    Box& box = output.head[index(head)];
    for (std::size_t k = 0; k < index(question_.axes); ++k) {
      const double high = supremum(functionals_[next], cube, w);
      const double minus_low = supremum(functionals_[next + 1], cube, w);
      next += 2;
      box.centre[k] = 0.5 * (high - minus_low);
      box.half[k] = std::max(high - box.centre[k], minus_low + box.centre[k]);
      const double sum = output.total.centre[k] + box.centre[k];
      const double slip = sum - output.total.centre[k] - box.centre[k];  // of the rounded sum
      output.total.half[k] += box.half[k] + slip;
      output.total.centre[k] = sum;
    }
  }
}

}  // namespace carryscope::verify
