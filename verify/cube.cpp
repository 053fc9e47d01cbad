#include "verify/cube.h"

#include <bit>

#include "model/error.h"
#include "verify/carries.h"

namespace carryscope::verify {

using model::ensure;
using model::Role;

namespace {

std::size_t index(int place) { return static_cast<std::size_t>(place); }

// Letters (a, b) with sum a + b + c_in in the allowed set of sums 0..19 (bit v: sum v).
std::uint32_t sums_allowed(Digits s, std::uint8_t carry_out) {
  const std::uint32_t low = (carry_out & 1) ? s : 0u;
  const std::uint32_t high = (carry_out & 2) ? static_cast<std::uint32_t>(s) << 10 : 0u;
  return low | high;
}

// Set bits of a digit mask; std::popcount is a library call on a processor without the instruction.
constexpr auto kBits = [] {
  std::array<std::uint8_t, 1024> bits{};
  for (std::size_t mask = 1; mask < bits.size(); ++mask)
    bits[mask] = static_cast<std::uint8_t>(bits[mask >> 1] + (mask & 1));
  return bits;
}();

PlaceMatrix<Counting> count_letters(const Cube& cube, int place) {
  const std::size_t i = index(place);
  PlaceMatrix<Counting> matrix;
  for (int in = 0; in < 2; ++in) {
    if (!(cube.c[i] >> in & 1)) continue;
    for (int out = 0; out < 2; ++out) {
      const std::uint32_t sums = sums_allowed(cube.s[i], cube.c[i + 1] & static_cast<std::uint8_t>(1 << out));
      unsigned letters = 0;
      for (int a = 0; a < 10; ++a)
        if (cube.a[i] >> a & 1) letters += kBits[(sums >> (a + in)) & cube.b[i]];
      matrix.at[in][out] = letters;
    }
  }
  return matrix;
}

// The letter of the place in a carry state that holds the pair of this rank, which becomes the rank among
// the letter's pairs; after: completions by the carry out.
std::pair<int, int> letter_of_rank(const Cube& cube, int place, int carry, const std::array<Count, 2>& after,
                                   Count& rank) {
  const std::size_t i = index(place);
  for (int a = 0; a < 10; ++a) {
    if (!(cube.a[i] >> a & 1)) continue;
    for (int b = 0; b < 10; ++b) {
      const int sum = a + b + carry, out = sum >= 10;
      if (!(cube.b[i] >> b & 1) || !(cube.s[i] >> (sum - 10 * out) & 1)) continue;
      if (rank < after[index(out)]) return {a, b};
      rank -= after[index(out)];
    }
  }
  throw model::BrokenInvariant("a pair of every rank exists");
}

}  // namespace

Cube Cube::everything(int digits) {
  ensure(digits >= 1 && digits <= model::kMaxDigits, "a cube has 1 to 18 digits");
  Cube cube;
  cube.digits = digits;
  for (std::size_t i = 0; i < index(digits); ++i) {
    cube.a[i] = cube.b[i] = cube.s[i] = kAnyDigit;
    cube.c[i] = kAnyCarry;
  }
  cube.c[0] = 1;
  cube.s[index(digits)] = 3;
  cube.c[index(digits)] = kAnyCarry;
  return cube;
}

Cube Cube::point(model::Pair pair, int digits) {
  Cube cube = everything(digits);
  for (int i = 0; i < digits; ++i) {
    cube.a[index(i)] = only(model::digit_at(pair.a, i));
    cube.b[index(i)] = only(model::digit_at(pair.b, i));
  }
  return cube;
}

Digits& Cube::allowed(Role role, int place) {
  ensure(role != Role::fixed, "only digits of a, b and the sum can be restricted");
  return role == Role::a ? a[index(place)] : role == Role::b ? b[index(place)] : s[index(place)];
}
Digits Cube::allowed(Role role, int place) const { return const_cast<Cube*>(this)->allowed(role, place); }

bool Cube::contains(model::Pair pair) const { return count(intersect(*this, point(pair, digits))) == 1; }

Cube intersect(const Cube& x, const Cube& y) {
  ensure(x.digits == y.digits, "cubes of the same number of digits meet");
  Cube both = x;
  for (std::size_t i = 0; i < both.a.size(); ++i) {
    both.a[i] &= y.a[i];
    both.b[i] &= y.b[i];
  }
  for (std::size_t i = 0; i < both.s.size(); ++i) {
    both.s[i] &= y.s[i];
    both.c[i] &= y.c[i];
  }
  return both;
}

Count count(const Cube& cube) {
  Count state[2] = {static_cast<Count>(cube.c[0] & 1), 0};
  for (int i = 0; i < cube.digits; ++i) {
    const auto m = count_letters(cube, i);
    const Count zero = state[0] * m.at[0][0] + state[1] * m.at[1][0];
    const Count carry = state[0] * m.at[0][1] + state[1] * m.at[1][1];
    state[0] = zero;
    state[1] = carry;
  }
  return (allows_top(cube, 0) ? state[0] : 0) + (allows_top(cube, 1) ? state[1] : 0);
}

model::Pair nth_pair(const Cube& cube, Count rank) {
  // paths[i][c]: completions of places i.. from carry c into place i.
  std::array<std::array<Count, 2>, model::kMaxDigits + 1> paths{};
  paths[index(cube.digits)] = {allows_top(cube, 0) ? Count{1} : Count{0},
                               allows_top(cube, 1) ? Count{1} : Count{0}};
  for (int i = cube.digits - 1; i >= 0; --i) {
    const auto m = count_letters(cube, i);
    for (std::size_t in = 0; in < 2; ++in)
      paths[index(i)][in] = m.at[in][0] * paths[index(i) + 1][0] + m.at[in][1] * paths[index(i) + 1][1];
  }
  ensure(rank < paths[0][0], "the rank is below the number of pairs");
  model::Pair pair;
  int carry = 0;
  for (int i = 0; i < cube.digits; ++i) {
    const auto [a, b] = letter_of_rank(cube, i, carry, paths[index(i) + 1], rank);
    pair.a += static_cast<std::uint64_t>(a) * model::power_of_ten(i);
    pair.b += static_cast<std::uint64_t>(b) * model::power_of_ten(i);
    carry = a + b + carry >= 10;
  }
  return pair;
}

Count all_pairs(int digits) {
  const Count one_operand = model::power_of_ten(digits);
  return one_operand * one_operand;
}

std::string to_string(Count value) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value > 0);
  return text;
}

namespace {

std::string digit_set(unsigned allowed, unsigned any) {
  if (allowed == any) return ".";
  if (std::popcount(allowed) == 1) return std::string(1, static_cast<char>('0' + std::countr_zero(allowed)));
  std::string text = "[";
  for (int d = 0; d < 10; ++d) {
    if (!(allowed >> d & 1)) continue;
    int end = d;
    while (end < 9 && (allowed >> (end + 1) & 1)) ++end;
    text += static_cast<char>('0' + d);
    if (end > d + 1) text += '-';
    if (end > d) text += static_cast<char>('0' + end);
    d = end;
  }
  return text + "]";
}

template <class Sets>
std::string places(const char* name, const Sets& sets, int from, const Sets& any) {
  std::string text = name;
  for (int i = from; i >= 0; --i) text += digit_set(sets[index(i)], any[index(i)]);
  return text;
}

}  // namespace

std::string pattern(const Cube& cube) {
  const Cube any = Cube::everything(cube.digits);
  std::string text =
      places("a=", cube.a, cube.digits - 1, any.a) + places("  b=", cube.b, cube.digits - 1, any.b);
  if (cube.s != any.s) text += places("  s=", cube.s, cube.digits, any.s);
  if (cube.c != any.c) text += places("  c=", cube.c, cube.digits, any.c);
  return text;
}

}  // namespace carryscope::verify
