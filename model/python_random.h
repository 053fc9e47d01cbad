// The integers of Python's random.Random(seed): getrandbits, randrange and randint, bit for bit.
//
// The generator is the same Mersenne twister as std::mt19937, but its state is filled by the
// reference implementation's init_by_array with the seed's 32-bit words, lowest first. below(n)
// rejects draws of bit_length(n) bits until one is smaller than n: exactly uniform.
#pragma once

#include <cstdint>
#include <random>

namespace carryscope::model {

// Exact counts of pairs: 10^(2n) fits for n <= 18. (Standard C++ has no name for it.)
using Count = unsigned __int128;

class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);

  Count bits(int count);     // getrandbits, 1 <= count <= 128
  Count below(Count range);  // randrange(range), range >= 1

 private:
  std::mt19937 engine_;
};

}  // namespace carryscope::model
