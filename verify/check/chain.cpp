#include "verify/check/chain.h"

#include <algorithm>

#include <fmt/format.h>

namespace carryscope::verify::check {

namespace {

// Calls letter(a, b, s, out) for each letter of the place that the cube allows in this carry.
template <class Letter>
void for_each_letter(const Cube& cube, int place, int carry, Letter&& letter) {
  const int n = cube.digits;
  if (!cube.allows(c_token(n, place), carry)) return;
  const unsigned bs = cube.at(b_token(n, place)), ss = cube.at(s_token(n, place)),
                 cs = cube.at(c_token(n, place + 1));
  for (int a = 0; a < 10; ++a) {
    if (!cube.allows(a_token(place), a)) continue;
    for (int b = 0; b < 10; ++b) {
      const int sum = a + b + carry, out = sum >= 10, s = sum - 10 * out;
      if ((bs >> b & 1) && (ss >> s & 1) && (cs >> out & 1)) letter(a, b, s, out);
    }
  }
}

// One state for each carry, from place to place: add(to, from, place, a, b, s) for each letter; at the end
// last(state, s_n) for each that the cube allows. `none` is the state that nothing leads to.
template <class State, class Add, class Last>
void fold(const Cube& cube, const State& start, const State& none, Add&& add, Last&& last) {
  const int n = cube.digits;
  State state[2] = {start, none};
  for (int i = 0; i < n; ++i) {
    State next[2] = {none, none};
    for (const int carry : {0, 1})
      for_each_letter(cube, i, carry,
                      [&](int a, int b, int s, int out) { add(next[out], state[carry], i, a, b, s); });
    std::ranges::swap(state, next);
  }
  for (const int carry : {0, 1})
    if (cube.allows(s_token(n, n), carry) && cube.allows(c_token(n, n), carry)) last(state[carry], carry);
}

std::int64_t value(const Terms& f, int place, int a, int b, int s) {
  return f.at(a_token(place), a).value + f.at(b_token(f.digits, place), b).value +
         f.at(s_token(f.digits, place), s).value;
}

}  // namespace

Cube Cube::everything(int digits) {
  Cube cube;
  cube.digits = digits;
  for (int t = 0; t < cube.token_count(); ++t) cube.at(t) = t < s_token(digits, digits) ? 0x3FF : 3;
  cube.at(c_token(digits, 0)) = 1;
  return cube;
}

Cube intersection(Cube x, const Cube& y) {
  for (std::size_t t = 0; t < x.allowed.size(); ++t) x.allowed[t] &= y.allowed[t];
  return x;
}

Cube restricted(Cube cube, int token, int digit) {
  cube.at(token) = static_cast<std::uint16_t>(cube.at(token) & (1U << digit));
  return cube;
}

Cube occurring(const Cube& cube) {
  Cube out = cube;
  for (int token = 0; token < cube.token_count(); ++token)
    for (int digit = 0; digit < 10; ++digit)
      if (cube.allows(token, digit) && count(restricted(cube, token, digit)) == 0)
        out.at(token) = static_cast<std::uint16_t>(out.at(token) & ~(1U << digit));
  return out;
}

Count count(const Cube& cube) {
  Count pairs = 0;
  fold(
      cube, Count{1}, Count{0}, [](Count& to, Count from, int, int, int, int) { to += from; },
      [&](Count from, int) { pairs += from; });
  return pairs;
}

Term largest(const Cube& cube, const Terms& f) {
  const Term none{-4 * kLargestSum, 0};
  Term best = none;
  fold(
      cube, f.constant, none,
      [&](Term& to, const Term& from, int place, int a, int b, int s) {
        if (from.value + value(f, place, a, b, s) > to.value)
          to = from + f.at(a_token(place), a) + f.at(b_token(f.digits, place), b) +
               f.at(s_token(f.digits, place), s);
      },
      [&](const Term& from, int s) {
        if (const Term sum = from + f.at(s_token(cube.digits, cube.digits), s); sum.value > best.value)
          best = sum;
      });
  return best;
}

// A place's terms are bins above its least letter's, which is added up exactly.
Count count_negative(const Cube& whole, const Terms& f, int bins) {
  const int n = whole.digits;
  const Cube cube = occurring(whole);
  std::vector<std::int64_t> least;  // by place
  std::int64_t base = f.constant.value, range = 0;
  for (int i = 0; i < n; ++i) {
    std::int64_t low = kLargestSum, high = -kLargestSum;
    for (const int carry : {0, 1})
      for_each_letter(cube, i, carry, [&](int a, int b, int s, int) {
        const std::int64_t v = value(f, i, a, b, s);
        low = std::min(low, v), high = std::max(high, v);
      });
    if (low > high) return 0;
    least.push_back(low);
    base += low, range += high - low;
  }
  const std::int64_t width = range / bins + 1;
  using Histogram = std::vector<Count>;  // pairs by bin
  Count sum = 0;
  fold(
      cube, Histogram{1}, Histogram{},
      [&](Histogram& to, const Histogram& from, int place, int a, int b, int s) {
        const std::int64_t above = value(f, place, a, b, s) - least[static_cast<std::size_t>(place)];
        const auto moved = static_cast<std::size_t>((above + width - 1) / width);
        to.resize(std::max(to.size(), from.size() + moved));
        for (std::size_t k = 0; k < from.size(); ++k) to[k + moved] += from[k];
      },
      [&](const Histogram& from, int s) {
        const std::int64_t last = base + f.at(s_token(n, n), s).value;
        for (std::size_t k = 0; k < from.size(); ++k)
          if (last + static_cast<std::int64_t>(k) * width < 0) sum += from[k];
      });
  return sum;
}

int width(const Cube& cube) {
  const Cube any = Cube::everything(cube.digits);
  int first = cube.digits, last = -1;
  const auto at = [&](int token, int place) {
    if (cube.at(token) != any.at(token)) first = std::min(first, place), last = std::max(last, place);
  };
  for (int place = 0; place <= cube.digits; ++place) {
    at(s_token(cube.digits, place), place), at(c_token(cube.digits, place), place);
    if (place < cube.digits) at(a_token(place), place), at(b_token(cube.digits, place), place);
  }
  return std::max(0, last - first + 1);
}

std::string to_string(Count value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value > 0);
  return digits;
}

std::string to_string(const Cube& cube) {
  const Cube all = Cube::everything(cube.digits);
  const int n = cube.digits;
  std::string text;
  for (int t = 0; t < cube.token_count(); ++t) {
    if (cube.at(t) == all.at(t)) continue;
    const auto [name, first] = t < n        ? std::pair{'a', 0}
                               : t < 2 * n  ? std::pair{'b', n}
                               : t <= 3 * n ? std::pair{'s', 2 * n}
                                            : std::pair{'c', 3 * n + 1};
    std::string digits;
    for (int d = 0; d < 10; ++d)
      if (cube.allows(t, d)) digits += static_cast<char>('0' + d);
    text += fmt::format("{}{}{}={}", text.empty() ? "" : " ", name, t - first,
                        digits.size() == 1 ? digits : "[" + digits + "]");
  }
  return text.empty() ? "everything" : text;
}

}  // namespace carryscope::verify::check
