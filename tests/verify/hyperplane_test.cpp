// Counts by hyperplane splits against exact ones: functionals whose values are integers, so that bins of
// width one round nothing, over up to 18 digits, where no double holds the number of pairs.
#include "verify/hyperplane.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/verify/random_cube.h"
#include "tests/verify/upward.h"

namespace carryscope {
namespace {

using verify::Additive;
using verify::Count;
using verify::Cube;

Additive random_functional(std::mt19937_64& random, int digits) {
  Additive f;
  f.clear(digits);
  f.constant = static_cast<double>(random() % 41) - 20.0;
  for (int t = 0; t < verify::token_count(digits); ++t)
    for (std::size_t digit = 0; digit < 10; ++digit)
      f.entry[static_cast<std::size_t>(t)][digit] = static_cast<double>(random() % 9) - 4.0;
  return f;
}

// Pairs of the cube by the functional's value, in integers all the way.
std::map<int, Count> by_value(const Additive& f, const Cube& cube) {
  using model::Role;
  const auto entry = [&](Role role, int place, int digit) {
    return static_cast<int>(f.of({role, place})[static_cast<std::size_t>(digit)]);
  };
  std::map<int, Count> state[2], all;
  if (cube.c[0] & 1) state[0][static_cast<int>(f.constant)] = 1;
  for (int i = 0; i < cube.digits; ++i) {
    std::map<int, Count> next[2];
    for_each_letter(cube, i, [&](int a, int b, int s, int in, int out) {
      const int more = entry(Role::a, i, a) + entry(Role::b, i, b) + entry(Role::sum, i, s);
      for (const auto& [value, pairs] : state[in]) next[out][value + more] += pairs;
    });
    state[0] = next[0], state[1] = next[1];
  }
  for (int carry = 0; carry < 2; ++carry)
    if (allows_top(cube, carry))
      for (const auto& [value, pairs] : state[carry])
        all[value + entry(Role::sum, cube.digits, carry)] += pairs;
  return all;
}

// More bins than the range has integers: none of them is rounded into the next.
constexpr int kFine = 1 << 14;

TEST(Hyperplane, ClaimsAllButWhatItsDoublesRound) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 40; ++round) {
    const int digits = 1 + static_cast<int>(random() % 18);
    const Cube cube = round % 2 == 0 ? Cube::everything(digits) : test::random_cube(random, digits);
    const Additive f = random_functional(random, digits);
    Count below = 0;
    for (const auto& [value, pairs] : by_value(f, cube)) below += value < 0 ? pairs : 0;
    const auto [fine, coarse] = test::upward([&] {
      return std::pair{count_negative(f, cube, kFine), count_negative(f, cube, 64)};
    });
    ASSERT_LE(fine, below) << "round " << round;
    ASSERT_LE(coarse, below) << "round " << round;
    ASSERT_GE(static_cast<double>(fine), static_cast<double>(below) * (1 - 1e-12)) << "round " << round;
  }
}

}  // namespace
}  // namespace carryscope
