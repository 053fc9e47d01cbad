#include "verify/additive.h"

#include <bit>

namespace carryscope::verify {

using model::Role;

namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr int kSums = 20;  // a + b + carry is 0..19

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// best[v]: the largest f_a(a) + f_b(b) over allowed letters with a + b = v.
void best_by_sum(const Row& fa, Row fb, const Cube& cube, int place,
                 std::array<double, kSums + kLane>& best) {
  best.fill(kNever);
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

bool single(Digits digits) { return digits != 0 && (digits & (digits - 1)) == 0; }

// Of the only letter that a and b allow.
PlaceMatrix<MaxPlus> one_letter(const Row& fa, const Row& fb, const Row& fs, const Cube& cube, int place) {
  const std::size_t i = index(place);
  const int a = std::countr_zero(static_cast<unsigned>(cube.a[i]));
  const int b = std::countr_zero(static_cast<unsigned>(cube.b[i]));
  const double sum = fa[index(a)] + fb[index(b)];
  PlaceMatrix<MaxPlus> matrix;
  for (int in = 0; in < 2; ++in) {
    const int v = a + b + in, out = v >= 10, s = v - 10 * out;
    if ((cube.c[i] >> in & 1) && (cube.c[i + 1] >> out & 1) && (cube.s[i] >> s & 1))
      matrix.at[index(in)][index(out)] = sum + fs[index(s)];
  }
  return matrix;
}

double top_value(const Additive& f, const Cube& cube, int carry) {
  return allows_top(cube, carry) ? f.of({Role::sum, cube.digits})[index(carry)] : kNever;
}

}  // namespace

int digit_of(Token token, model::Pair pair) {
  const std::uint64_t number = token.role == Role::a   ? pair.a
                               : token.role == Role::b ? pair.b
                                                       : pair.a + pair.b;
  return model::digit_at(number, token.place);
}

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
  return best_letters(f.of({Role::a, place}), f.of({Role::b, place}), f.of({Role::sum, place}), cube, place);
}

PlaceMatrix<MaxPlus> best_letters(const Row& fa, const Row& fb, const Row& sums, const Cube& cube,
                                  int place) {
  const std::size_t i = index(place);
  if (single(cube.a[i]) && single(cube.b[i])) return one_letter(fa, fb, sums, cube, place);
  std::array<double, kSums + kLane> best;
  best_by_sum(fa, fb, cube, place, best);
  std::array<double, 10> fs;
  for (std::size_t s = 0; s < 10; ++s) fs[s] = (cube.s[i] >> s & 1) ? sums[s] : kNever;
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

namespace {

struct Fold {
  double carry[2];
};

Fold through(const PlaceMatrix<MaxPlus>& m, const Fold& x) {
  return {{std::max(x.carry[0] + m.at[0][0], x.carry[1] + m.at[1][0]),
           std::max(x.carry[0] + m.at[0][1], x.carry[1] + m.at[1][1])}};
}

// Of the places above `place`, by the carry out of it.
Fold above(const Additive& f, const Cube& cube, int place) {
  Fold rest{{top_value(f, cube, 0), top_value(f, cube, 1)}};
  for (int i = cube.digits - 1; i > place; --i) {
    const auto m = best_letters(f, cube, i);
    rest = {{std::max(m.at[0][0] + rest.carry[0], m.at[0][1] + rest.carry[1]),
             std::max(m.at[1][0] + rest.carry[0], m.at[1][1] + rest.carry[1])}};
  }
  return rest;
}

Fold below(const Additive& f, const Cube& cube, int place) {
  Fold state{{f.constant, kNever}};
  for (int i = 0; i < place; ++i) state = through(best_letters(f, cube, i), state);
  return state;
}

double join(const Fold& x, const Fold& y) {
  return std::max(x.carry[0] + y.carry[0], x.carry[1] + y.carry[1]);
}

}  // namespace

double maximum(const Additive& f, const Cube& cube) {
  return join(below(f, cube, cube.digits), above(f, cube, cube.digits));
}

void maxima_by_digit(const Additive& f, const Cube& cube, Token token, std::array<double, 10>& maxima) {
  maxima.fill(kNever);
  const int place = std::min(token.place, cube.digits - 1);  // the top digit belongs to the last place
  const Fold before = below(f, cube, place);
  Cube part = cube;
  Digits& allowed = part.allowed(token.role, token.place);
  const Digits all = allowed;
  const Fold after = token.place == place ? above(f, cube, place) : Fold{};
  for (int d = 0; d < 10; ++d) {
    if (!(all >> d & 1)) continue;
    allowed = only(d);
    const Fold here = through(best_letters(f, part, place), before);
    maxima[index(d)] = join(here, token.place == place ? after : above(f, part, place));
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
