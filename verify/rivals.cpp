#include "verify/rivals.h"

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
constexpr Direction kNoDirection{};

// sum_k direction_k centre_k.
Interval dot(const Direction& direction, const Box& box, int axes) {
  Interval sum = 0.0;
  for (std::size_t k = 0; k < index(axes); ++k) sum += Interval(direction[k]) * box.centre[k];
  return sum;
}

// How far it moves over the box, at most.
double reach(const Direction& direction, const Box& box, int axes) {
  double sum = 0.0;
  for (std::size_t k = 0; k < index(axes); ++k) sum += std::abs(direction[k]) * box.half[k];
  return sum;
}

// An upper bound of sign * g (sum of the heads' centres - u0): the margin is linear about u0, the centre of
// the total, which tightening moves.
double from_centre(const Question& question, const Output& output, const RivalMargin& rival, double sign) {
  Interval sum = 0.0;
  for (std::size_t k = 0; k < index(question.axes); ++k) {
    Interval gap = -output.total.centre[k];
    for (int h = 0; h < question.heads; ++h) gap += output.head[index(h)].centre[k];
    sum += gap * rival.slope[k];
  }
  return sign > 0 ? sum.upper() : -sum.lower();
}

}  // namespace

Denominators denominators(const Question& question, const Cube& cube) {
  Denominators d;
  d.inverse.fill(1.0);
  if (question.heads == 1) return d;
  for (int h = 0; h < question.heads; ++h) {
    Additive f;
    f.clear(question.digits);
    weighted_upper(question, h, kNoDirection.data(), 1.0, 1.0, f);
    const double high = maximum(f, cube);
    f.clear(question.digits);
    weighted_upper(question, h, kNoDirection.data(), -1.0, 1.0, f);
    const double low = -maximum(f, cube);
    const double inverse = 2.0 / (low + high);
    d.inverse[index(h)] = inverse;
    const Interval product = Interval(low, high) * inverse;
    d.relative[index(h)] = (1.0 - product).magnitude();
  }
  return d;
}

void direction_upper(const Question& question, const Output& output, const Denominators& denominators,
                     const Direction& direction, double x, Additive& f) {
  f.clear(question.digits);
  if (question.heads == 1) return weighted_upper(question, 0, direction.data(), -x, 1.0, f);
  f.constant = -x;
  for (int h = 0; h < question.heads; ++h) {
    const Box& box = output.head[index(h)];
    const Interval centre = dot(direction, box, question.axes);
    f.constant += centre.upper() + reach(direction, box, question.axes) * denominators.relative[index(h)];
    weighted_upper(question, h, direction.data(), -centre.lower(), denominators.inverse[index(h)], f);
  }
}

void tighten_jointly(const Question& question, const Cube& cube, const Denominators& denominators,
                     Output& output) {
  if (question.heads == 1) return;
  for (std::size_t k = 0; k < index(question.axes); ++k) {
    double bound[2];  // of u_k and of -u_k
    for (const double sign : {1.0, -1.0}) {
      Additive f;
      Direction along{};
      along[k] = sign;
      direction_upper(question, output, denominators, along, 0.0, f);
      bound[sign < 0] = maximum(f, cube);
    }
    Box& total = output.total;
    const double high = std::min(bound[0], total.centre[k] + total.half[k]);
    const double minus_low = std::min(bound[1], total.half[k] - total.centre[k]);
    total.centre[k] = 0.5 * (high - minus_low);
    total.half[k] = std::max(high - total.centre[k], minus_low + total.centre[k]);
  }
}

void margin_upper(const Question& question, const Output& output, const Denominators& denominators,
                  const RivalMargin& rival, double sign, double offset, Additive& f) {
  f.clear(question.digits);
  Direction direction{};
  for (std::size_t k = 0; k < index(question.axes); ++k) direction[k] = sign * rival.slope[k];
  const double at_centre = sign > 0 ? rival.at_centre.upper() : -rival.at_centre.lower();
  const double constant = at_centre + rival.remainder + offset;
  if (question.heads == 1) {
    const double shift = constant - dot(direction, output.total, question.axes).lower();
    weighted_upper(question, 0, direction.data(), shift, 1.0, f);
    return;
  }
  f.constant = constant + from_centre(question, output, rival, sign);
  for (int h = 0; h < question.heads; ++h) {
    const Box& box = output.head[index(h)];
    f.constant += reach(direction, box, question.axes) * denominators.relative[index(h)];  // >= |Z_h / D_h|
    weighted_upper(question, h, direction.data(), -dot(direction, box, question.axes).lower(),
                   denominators.inverse[index(h)], f);
  }
}

void token_influence(const Question& question, const Output& output, const Denominators& denominators,
                     const RivalMargin& rival, const Cube& cube, std::vector<double>& influence) {
  influence.assign(index(token_count(question.digits)), 0.0);
  for (int h = 0; h < question.heads; ++h)
    for (int c = 0; c < static_cast<int>(question.cells.size()); ++c) {
      const Question::Cell& cell = question.cells[index(c)];
      if (cell.fixed) continue;
      const std::size_t at = question.at(h, c);
      const Digits allowed = cube.allowed(cell.token.role, cell.token.place);
      double total = 0.0;
      for (std::size_t k = 0; k < index(question.axes); ++k) {
        double low = kInfinity, high = -kInfinity;
        for (std::size_t s = 0; s < 10; ++s) {
          if (!(allowed >> s & 1)) continue;
          const double v = question.weight_high[at + s] *
                           (question.coordinate[k][at + s] - output.head[index(h)].centre[k]);
          low = std::min(low, v);
          high = std::max(high, v);
        }
        if (high > low) total += (high - low) * (std::abs(rival.slope[k]) + rival.blur[k]);
      }
      influence[index(token_index(cell.token, question.digits))] += total * denominators.inverse[index(h)];
    }
}

}  // namespace carryscope::verify
