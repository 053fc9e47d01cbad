#include "analysis/extreme.h"

#include "model/error.h"

namespace carryscope::analysis {
namespace {

using model::Role;
using verify::Additive, verify::Cube;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// The largest value and the operands so far that attain it.
Extreme longer(const Extreme& path, double value, std::uint64_t a, std::uint64_t b) {
  return {path.value + value, {path.pair.a + a, path.pair.b + b}};
}

double value_at(const Additive& f, model::Pair pair) {
  double sum = f.constant;
  for (int i = 0; i < f.digits; ++i)
    sum += f.of({Role::a, i})[index(model::digit_at(pair.a, i))] +
           f.of({Role::b, i})[index(model::digit_at(pair.b, i))];
  for (int i = 0; i <= f.digits; ++i) sum += f.of({Role::sum, i})[index(model::digit_at(pair.a + pair.b, i))];
  return sum;
}

// f = sign * N - x * D
void combine(const Additive& n, const Additive& d, double sign, double x, Additive& f) {
  f.digits = n.digits;
  f.constant = sign * n.constant - x * d.constant;
  for (std::size_t t = 0; t < index(verify::token_count(n.digits)); ++t)
    for (std::size_t digit = 0; digit < 10; ++digit)
      f.entry[t][digit] = sign * n.entry[t][digit] - x * d.entry[t][digit];
}

}  // namespace

Extreme largest(const Additive& f, const Cube& cube) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  Extreme best[2] = {{f.constant, {}}, {kNever, {}}};
  for (int i = 0; i < cube.digits; ++i) {
    const auto &fa = f.of({Role::a, i}), &fb = f.of({Role::b, i}), &fs = f.of({Role::sum, i});
    const std::uint64_t unit = model::power_of_ten(i);
    Extreme next[2] = {{kNever, {}}, {kNever, {}}};
    verify::for_each_letter(cube, i, [&](int a, int b, int s, int in, int out) {
      const double value = fa[index(a)] + fb[index(b)] + fs[index(s)];
      if (best[in].value + value > next[out].value)
        next[out] = longer(best[in], value, unit * index(a), unit * index(b));
    });
    best[0] = next[0];
    best[1] = next[1];
  }
  for (int c = 0; c < 2; ++c)
    best[c].value =
        verify::allows_top(cube, c) ? best[c].value + f.of({Role::sum, cube.digits})[index(c)] : kNever;
  const Extreme& winner = best[best[1].value > best[0].value ? 1 : 0];
  model::ensure(winner.value > kNever, "a cube has a pair");
  return winner;
}

Extreme extreme_ratio(const Additive& numerator, const Additive& denominator, const Cube& cube, double sign) {
  Additive f;
  Extreme best{0.0, verify::nth_pair(cube, 0)};
  const auto ratio = [&](model::Pair pair) {
    return sign * value_at(numerator, pair) / value_at(denominator, pair);
  };
  best.value = ratio(best.pair);
  constexpr int kRounds = 60;  // it takes a handful
  for (int round = 0; round < kRounds; ++round) {
    combine(numerator, denominator, sign, best.value, f);
    const model::Pair pair = largest(f, cube).pair;
    const double value = ratio(pair);
    if (!(value > best.value)) break;
    best = {value, pair};
  }
  best.value *= sign;
  return best;
}

}  // namespace carryscope::analysis
