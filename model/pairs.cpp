// The protocols of pairs.h.
#include "model/pairs.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "model/error.h"
#include "model/python_random.h"
#include "model/torch_random.h"

namespace carryscope::model {
namespace {

// The number whose digits, most significant first, are the pattern's, repeated.
std::uint64_t repeated(std::string_view pattern, int digits) {
  std::uint64_t value = 0;
  for (int i = 0; i < digits; ++i)
    value =
        value * 10 + static_cast<std::uint64_t>(pattern[static_cast<std::size_t>(i) % pattern.size()] - '0');
  return value;
}

std::vector<Pair> edge_cases(int digits) {
  const std::uint64_t largest = power_of_ten(digits) - 1, half = power_of_ten(digits) / 2;
  const std::uint64_t ones = repeated("1", digits);
  const std::uint64_t up = repeated("1234567890", digits), down = repeated("9876543210", digits);
  return {{0, 0},
          {0, 1},
          {largest, 0},
          {largest, 1},
          {largest, largest},
          {half, half},
          {ones, largest + 1 - ones},
          {up, down},
          {largest, largest},
          {1, largest}};
}

struct Hash {
  std::size_t operator()(const Pair& pair) const {
    return static_cast<std::size_t>((pair.a * 0x9e3779b97f4a7c15U) ^ pair.b);
  }
};

}  // namespace

PaperSplit paper_split(std::uint64_t seed, int digits) {
  constexpr std::size_t wanted = kPaperValidation + kPaperTest;
  const std::uint64_t range = power_of_ten(digits);
  if (digits <= 2)
    throw InputError(
        fmt::format("protocol paper needs {} different pairs, and {} digits have only {}; use --protocol "
                    "adderboard or random:N",
                    wanted, digits, range * range));
  TorchRandom random(seed);
  std::unordered_set<Pair, Hash> seen(wanted);
  std::vector<Pair> taken;
  while (taken.size() < wanted) {
    std::vector<Pair> drawn(std::max<std::size_t>(2 * (wanted - taken.size()), 4096));
    for (Pair& pair : drawn) pair.a = random.below(range);
    for (Pair& pair : drawn) {
      pair.b = random.below(range);
      if (seen.insert(pair).second) taken.push_back(pair);
      if (taken.size() == wanted) break;  // nobody draws after this
    }
  }
  const auto border = taken.begin() + kPaperValidation;
  return {{taken.begin(), border}, {border, taken.end()}};
}

std::vector<PairSet> paper_protocol(int digits) {
  std::vector<PairSet> sets;
  for (const std::uint64_t seed : kPaperSeeds)
    sets.push_back({fmt::format("seed {}", seed), paper_split(seed, digits).test});
  return sets;
}

std::vector<PairSet> adderboard_protocol(int digits) {
  PairSet random = uniform_pairs(10000, kAdderboardSeed, digits);
  random.name = "random";
  return {{"edge cases", edge_cases(digits)}, std::move(random)};
}

PairSet uniform_pairs(std::size_t count, std::uint64_t seed, int digits) {
  PythonRandom random(seed);
  PairSet set{fmt::format("random, seed {}", seed), std::vector<Pair>(count)};
  for (Pair& pair : set.pairs) {
    pair.a = static_cast<std::uint64_t>(random.below(power_of_ten(digits)));
    pair.b = static_cast<std::uint64_t>(random.below(power_of_ten(digits)));
  }
  return set;
}

}  // namespace carryscope::model
