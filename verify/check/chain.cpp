#include "verify/check/chain.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>

namespace carryscope::verify::check {

Cube Cube::everything(int digits) {
  Cube cube;
  cube.digits = digits;
  for (int t = 0; t < s_token(digits, digits); ++t) cube.at(t) = 0x3FF;
  for (int t = s_token(digits, digits); t < cube.token_count(); ++t) cube.at(t) = 3;
  cube.at(c_token(digits, 0)) = 1;
  return cube;
}

Count count(const Cube& cube) {
  const int n = cube.digits;
  Count state[2] = {1, 0};
  for (int i = 0; i < n; ++i) {
    Count next[2] = {0, 0};
    for (int carry = 0; carry < 2; ++carry) {
      unsigned letters[2] = {0, 0};
      if (state[carry] > 0) for_each_letter(cube, i, carry, [&](int, int, int, int out) { ++letters[out]; });
      for (int out = 0; out < 2; ++out) next[out] += state[carry] * letters[out];
    }
    state[0] = next[0], state[1] = next[1];
  }
  const unsigned top = cube.at(s_token(n, n)) & cube.at(c_token(n, n));
  return (top & 1 ? state[0] : 0) + (top & 2 ? state[1] : 0);
}

Cube restricted(Cube cube, int token, int digit) {
  cube.at(token) = static_cast<std::uint16_t>(cube.at(token) & (1U << digit));
  return cube;
}

namespace {

// Pairs by bin. Adds to `sum` what x holds, moved by `bins`, times n.
using Histogram = std::vector<Count>;
void add(Histogram& sum, const Histogram& x, std::size_t bins, Count n) {
  if (sum.size() < x.size() + bins) sum.resize(x.size() + bins, 0);
  for (std::size_t i = 0; i < x.size(); ++i) sum[i + bins] += n * x[i];
}

Int letter(const Terms<Int>& f, int n, int place, int a, int b, int s) {
  return f.at(a_token(place))[static_cast<std::size_t>(a)] +
         f.at(b_token(n, place))[static_cast<std::size_t>(b)] +
         f.at(s_token(n, place))[static_cast<std::size_t>(s)];
}

// The terms of each place, from its least letter's up.
struct Span {
  std::vector<Int> least;  // by place
  Int range = 0;           // of the sum over all places
};

// Nothing where some place has no letter.
std::optional<Span> span_of(const Terms<Int>& f, const Cube& cube) {
  const int n = cube.digits;
  Span span;
  for (int i = 0; i < n; ++i) {
    std::optional<Int> low, high;
    for (const int carry : {0, 1})
      for_each_letter(cube, i, carry, [&](int a, int b, int s, int) {
        const Int v = letter(f, n, i, a, b, s);
        if (!low || v < *low) low = v;
        if (!high || *high < v) high = v;
      });
    if (!low) return std::nullopt;
    span.least.push_back(*low);
    span.range += *high - *low;
  }
  return span;
}

}  // namespace

// A place's terms are bins above its least letter's, which is added up exactly.
Count count_negative(const Cube& whole, const Terms<Int>& f, int bins) {
  const int n = whole.digits;
  Cube cube = whole;  // without carries that no addition has
  for (int i = 0; i <= n; ++i)
    for (const int carry : {0, 1})
      if (count(restricted(whole, c_token(n, i), carry)) == 0)
        cube.at(c_token(n, i)) = static_cast<std::uint16_t>(cube.at(c_token(n, i)) & ~(1 << carry));
  const std::optional<Span> span = span_of(f, cube);
  if (!span) return 0;
  const Int base = std::accumulate(span->least.begin(), span->least.end(), f.constant);
  const Int width = span->range / bins + 1;
  Histogram state[2] = {{1}, {}};
  for (int i = 0; i < n; ++i) {
    Histogram next[2];
    for (int carry = 0; carry < 2; ++carry) {
      std::map<std::size_t, Count> letters[2];
      for_each_letter(cube, i, carry, [&](int a, int b, int s, int out) {
        const Int above = letter(f, n, i, a, b, s) - span->least[static_cast<std::size_t>(i)];
        ++letters[out][static_cast<std::size_t>((above + width - 1) / width)];
      });
      for (int out = 0; out < 2; ++out)
        for (const auto& [bin, count] : letters[out]) add(next[out], state[carry], bin, count);
    }
    state[0] = std::move(next[0]), state[1] = std::move(next[1]);
  }
  Count sum = 0;
  const unsigned top = cube.at(s_token(n, n)) & cube.at(c_token(n, n));
  for (std::size_t carry = 0; carry < 2; ++carry)
    for (std::size_t k = 0; k < state[carry].size(); ++k)
      if ((top >> carry & 1) && base + f.at(s_token(n, n))[carry] + static_cast<Int>(k) * width < 0)
        sum += state[carry][k];
  return sum;
}

std::string to_string(Count value) {
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value > 0);
  std::ranges::reverse(digits);
  return digits;
}

std::string to_string(const Cube& cube) {
  const Cube all = Cube::everything(cube.digits);
  const int n = cube.digits;
  std::string text;
  for (int t = 0; t < cube.token_count(); ++t) {
    if (cube.at(t) == all.at(t)) continue;
    const char* const name = t < n ? "a" : t < 2 * n ? "b" : t <= 3 * n ? "s" : "c";
    const int first = t < n ? 0 : t < 2 * n ? n : t <= 3 * n ? 2 * n : 3 * n + 1;
    std::string digits;
    for (int d = 0; d < 10; ++d)
      if (cube.at(t) >> d & 1) digits += static_cast<char>('0' + d);
    text += fmt::format("{}{}{}={}", text.empty() ? "" : " ", name, t - first,
                        digits.size() == 1 ? digits : "[" + digits + "]");
  }
  return text.empty() ? "everything" : text;
}

}  // namespace carryscope::verify::check
