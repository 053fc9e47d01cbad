#include "verify/check/chain.h"

#include <algorithm>

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
