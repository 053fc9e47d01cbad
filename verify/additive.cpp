#include "verify/additive.h"

namespace carryscope::verify {

using model::Role;

namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr int kSums = 20;  // a + b + carry is 0..19

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// best[v]: the largest f_a(a) + f_b(b) over allowed letters with a + b = v.
void best_by_sum(const Additive& f, const Cube& cube, int place, std::array<double, kSums + kLane>& best) {
  best.fill(kNever);
  const auto& fa = f.of({Role::a, place});
  std::array<double, kLane> fb = f.of({Role::b, place});
  const Digits allowed_a = cube.a[index(place)], allowed_b = cube.b[index(place)];
  for (std::size_t d = 0; d < kLane; ++d)
    if (!(allowed_b >> d & 1)) fb[d] = kNever;
  for (std::size_t a = 0; a < 10; ++a) {
    if (!(allowed_a >> a & 1)) continue;
    double* const row = best.data() + a;
    for (std::size_t b = 0; b < kLane; ++b) {
      const double sum = fa[a] + fb[b];
      row[b] = sum > row[b] ? sum : row[b];
    }
  }
}

double top_value(const Additive& f, const Cube& cube, int carry) {
  return allows_top(cube, carry) ? f.of({Role::sum, cube.digits})[index(carry)] : kNever;
}

}  // namespace

void Additive::clear(int n) {
  digits = n;
  constant = 0.0;
  for (int t = 0; t < token_count(n); ++t) entry[index(t)].fill(0.0);
}

double Additive::at(model::Pair pair) const {
  const auto c = model::carries(pair, digits);
  double sum = constant + of({Role::sum, digits})[index(c.back())];
  for (int i = 0; i < digits; ++i) {
    const int a = model::digit_at(pair.a, i), b = model::digit_at(pair.b, i);
    const int s = (a + b + c[index(i)]) % 10;
    sum += of({Role::a, i})[index(a)] + of({Role::b, i})[index(b)] + of({Role::sum, i})[index(s)];
  }
  return sum;
}

PlaceMatrix<MaxPlus> best_letters(const Additive& f, const Cube& cube, int place) {
  std::array<double, kSums + kLane> best;
  best_by_sum(f, cube, place, best);
  const std::size_t i = index(place);
  std::array<double, 10> fs;
  for (std::size_t s = 0; s < 10; ++s) fs[s] = (cube.s[i] >> s & 1) ? f.of({Role::sum, place})[s] : kNever;
  PlaceMatrix<MaxPlus> matrix;
  for (std::size_t in = 0; in < 2; ++in) {
    if (!(cube.c[i] >> in & 1)) continue;
    double low = kNever, high = kNever;
    for (std::size_t s = in; s < 10; ++s) low = std::max(low, best[s - in] + fs[s]);
    for (std::size_t s = 0; s < 10; ++s) high = std::max(high, best[s + 10 - in] + fs[s]);
    if (cube.c[i + 1] & 1) matrix.at[in][0] = low;
    if (cube.c[i + 1] & 2) matrix.at[in][1] = high;
  }
  return matrix;
}

double maximum(const Additive& f, const Cube& cube) {
  double state[2] = {f.constant, kNever};
  for (int i = 0; i < cube.digits; ++i) {
    const auto m = best_letters(f, cube, i);
    const double zero = std::max(state[0] + m.at[0][0], state[1] + m.at[1][0]);
    const double carry = std::max(state[0] + m.at[0][1], state[1] + m.at[1][1]);
    state[0] = zero;
    state[1] = carry;
  }
  return std::max(state[0] + top_value(f, cube, 0), state[1] + top_value(f, cube, 1));
}

void maxima_by_digit(const Additive& f, const Cube& cube, Token token, std::array<double, 10>& maxima) {
  Cube part = cube;
  Digits& allowed = part.allowed(token.role, token.place);
  const Digits all = allowed;
  for (int d = 0; d < 10; ++d) {
    maxima[index(d)] = kNever;
    if (!(all >> d & 1)) continue;
    allowed = only(d);
    maxima[index(d)] = maximum(f, part);
  }
}

double influence(const Additive& f, const Cube& cube, Token token) {
  double high = kNever, low = -kNever;
  const Digits allowed = cube.allowed(token.role, token.place);
  for (std::size_t d = 0; d < 10; ++d) {
    if (!(allowed >> d & 1)) continue;
    high = std::max(high, f.of(token)[d]);
    low = std::min(low, f.of(token)[d]);
  }
  return high > low ? high - low : 0.0;
}

}  // namespace carryscope::verify
