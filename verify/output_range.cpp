#include "verify/output_range.h"

#include "model/error.h"
#include "verify/rounding.h"

namespace carryscope::verify {

using model::ensure;
using model::Role;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
constexpr double kNever = -std::numeric_limits<double>::infinity();

bool allowed(std::uint8_t carries, int carry) { return carries >> carry & 1; }

}  // namespace

std::pair<Box, Box> halve(const Box& box, std::size_t axis) {
  const double quarter = 0.5 * box.half[axis];
  Box low = box, high = box;
  low.half[axis] = high.half[axis] = quarter + 0x1p-50 * (std::abs(box.centre[axis]) + quarter);
  low.centre[axis] = box.centre[axis] - quarter;
  high.centre[axis] = box.centre[axis] + quarter;
  return {low, high};
}

OutputRange::OutputRange(const Question& question) : question_(question), domain_(question.domain()) {
  ensure_upward();
  if (question.axes > kMaxAxes || question.heads > kMaxHeads)
    throw model::InputError("the model has " + std::to_string(question.heads) +
                            " heads, whose output spans " + std::to_string(question.axes) +
                            " dimensions; the search handles at most " + std::to_string(kMaxHeads) + " and " +
                            std::to_string(kMaxAxes));
  for (int head = 0; head < question.heads; ++head)
    for (int axis = 0; axis < question.axes; ++axis)
      for (const double sign : {1.0, -1.0}) functionals_.push_back(tabulate(head, axis, sign));
}

Additive OutputRange::at_point(const Functional& f, double x) const {
  std::array<double, kMaxAxes> direction{};
  direction[index(f.axis)] = f.sign;
  Additive additive;
  additive.clear(question_.digits);
  weighted_upper(question_, f.head, direction.data(), -x, 1.0, additive);
  return additive;
}

// A bound on the domain's supremum by a few bisections between `floor` and the cap.
double OutputRange::coarse_supremum(const Functional& f, double floor) const {
  double low = floor, high = f.cap;
  for (int round = 0; round < 7; ++round) {
    const double middle = 0.5 * (low + high);
    (maximum(at_point(f, middle), domain_) > 0 ? low : high) = middle;
  }
  return high;
}

// The grid spans what the domain really takes, not what single coordinates could.
OutputRange::Functional OutputRange::tabulate(int head, int axis, double sign) const {
  Functional f;
  f.head = head;
  f.axis = axis;
  f.sign = sign;
  f.cap = kNever;
  double floor = std::numeric_limits<double>::infinity();
  for (std::size_t i = question_.at(head, 0); i < question_.at(head + 1, 0); ++i) {
    if (question_.weight_high[i] <= 0) continue;
    f.cap = std::max(f.cap, sign * question_.coordinate[index(axis)][i]);
    floor = std::min(floor, sign * question_.coordinate[index(axis)][i]);
  }
  Functional opposite = f;
  opposite.sign = -sign;
  opposite.cap = -floor;
  const double top = coarse_supremum(f, floor), bottom = -coarse_supremum(opposite, -f.cap);
  const double margin = 1e-9 * (top - bottom) + 1e-12 * std::abs(top) + 1e-300;
  f.rows.resize(index(3 * kGrid * question_.digits));
  f.places.resize(index(kGrid * question_.digits));
  f.below.resize(index(kGrid * (question_.digits + 1)));
  f.above.resize(index(kGrid * (question_.digits + 1)));
  for (int g = 0; g < kGrid; ++g) {
    f.grid[index(g)] = bottom + (top + margin - bottom) * g / (kGrid - 1);
    tabulate_point(f, g);
  }
  return f;
}

void OutputRange::tabulate_point(Functional& f, int g) const {
  const Additive additive = at_point(f, f.grid[index(g)]);
  const int n = question_.digits;
  Matrix* const places = &f.places[index(g * n)];
  State* const below = &f.below[index(g * (n + 1))];
  State* const above = &f.above[index(g * (n + 1))];
  Cube free = domain_;
  for (std::size_t i = 0; i <= index(n); ++i) free.c[i] = kAnyCarry;
  for (int i = 0; i < n; ++i) {
    places[i] = best_letters(additive, free, i);
    Row* const row = &f.rows[index(3 * (g * n + i))];
    row[0] = additive.of({Role::a, i});
    row[1] = additive.of({Role::b, i});
    row[2] = additive.of({Role::sum, i});
  }
  below[0] = {{additive.constant, kNever}};
  for (int i = 0; i < n; ++i)
    for (std::size_t out = 0; out < 2; ++out)
      below[i + 1].carry[out] =
          std::max(below[i].carry[0] + places[i].at[0][out], below[i].carry[1] + places[i].at[1][out]);
  for (std::size_t c = 0; c < 2; ++c) {
    f.top[index(g)][c] = additive.of({Role::sum, n})[c];
    above[n].carry[c] = (domain_.s[index(n)] >> c & 1) ? f.top[index(g)][c] : kNever;
  }
  for (int i = n - 1; i >= 0; --i)
    for (std::size_t in = 0; in < 2; ++in)
      above[i].carry[in] =
          std::max(places[i].at[in][0] + above[i + 1].carry[0], places[i].at[in][1] + above[i + 1].carry[1]);
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

OutputRange::Matrix OutputRange::restricted(const Functional& f, int g, const Cube& cube, int place) const {
  const Row* const row = &f.rows[index(3 * (g * question_.digits + place))];
  return best_letters(row[0], row[1], row[2], cube, place);
}

// F at grid point g, over the cube.
double OutputRange::value(const Functional& f, int g, const Cube& cube, const Window& w) const {
  const int n = question_.digits;
  const State& start = f.below[index(g * (n + 1) + w.first)];
  double state[2];
  for (int c = 0; c < 2; ++c) state[c] = allowed(cube.c[index(w.first)], c) ? start.carry[c] : kNever;
  for (int i = w.first; i <= w.last; ++i) {
    const Matrix m = w.letters[index(i)] ? restricted(f, g, cube, i) : f.places[index(g * n + i)];
    const double zero = std::max(state[0] + m.at[0][0], state[1] + m.at[1][0]);
    const double carry = std::max(state[0] + m.at[0][1], state[1] + m.at[1][1]);
    state[0] = allowed(cube.c[index(i + 1)], 0) ? zero : kNever;
    state[1] = allowed(cube.c[index(i + 1)], 1) ? carry : kNever;
  }
  if (w.last + 1 == n)
    return std::max(allows_top(cube, 0) ? state[0] + f.top[index(g)][0] : kNever,
                    allows_top(cube, 1) ? state[1] + f.top[index(g)][1] : kNever);
  const State& rest = f.above[index(g * (n + 1) + w.last + 1)];
  return std::max(state[0] + rest.carry[0], state[1] + rest.carry[1]);
}

double OutputRange::supremum(const Functional& f, const Cube& cube, const Window& w) const {
  int low = 0, high = kGrid - 1;  // invariant sought: F(low) > 0 >= F(high)
  double at_high = value(f, high, cube, w);
  if (at_high > 0) return f.cap;
  double at_low = value(f, low, cube, w);
  if (at_low <= 0) return f.grid[0];
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    const double at_middle = value(f, middle, cube, w);
    (at_middle > 0 ? low : high) = middle;
    (at_middle > 0 ? at_low : at_high) = at_middle;
  }
  // grid[low] + width * at_low / (at_low - at_high), every operation rounded up.
  const double width = f.grid[index(high)] - f.grid[index(low)];
  const double drop = -(at_high - at_low);  // rounded down
  return std::min({f.cap, f.grid[index(high)], f.grid[index(low)] + width * (at_low / drop)});
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
