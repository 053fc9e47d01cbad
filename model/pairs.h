// Operand sets: the public protocols, bit for bit, and uniform samples.
//
// paper       for each of ten seeds, draw n = max(2 missing, 4096) values of a, then n of b, with
//             torch's generator, and take the pairs in order, skipping repeats, until 15,000:
//             5,000 to validate on, 10,000 to test on.
// adderboard  ten edge cases, then 10,000 pairs of Python's random.Random(2025), a before b.
// uniform     pairs of Python's random.Random(seed), a before b, repeats kept.
// All are defined for every number of digits; at 10 they are the published ones. Sampling by carry
// class is in pair_classes.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/addition.h"

namespace carryscope::model {

struct PairSet {
  std::string name;
  std::vector<Pair> pairs;
};

inline constexpr std::array<std::uint64_t, 10> kPaperSeeds{41,  100, 200,  300,  400,
                                                           500, 999, 1234, 7777, 31415};
inline constexpr std::size_t kPaperValidation = 5000, kPaperTest = 10000;
inline constexpr std::uint64_t kAdderboardSeed = 2025;

struct PaperSplit {
  std::vector<Pair> validation, test;
};

// Throws InputError if there are fewer different pairs than the protocol needs (1 or 2 digits).
PaperSplit paper_split(std::uint64_t seed, int digits);

std::vector<PairSet> paper_protocol(int digits);       // the test halves of all ten seeds
std::vector<PairSet> adderboard_protocol(int digits);  // two sets: edge cases, random
PairSet uniform_pairs(std::size_t count, std::uint64_t seed, int digits);

}  // namespace carryscope::model
