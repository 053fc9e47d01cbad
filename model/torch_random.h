// The integers of torch.Generator().manual_seed(seed) and torch.randint(0, n, ...) on the CPU.
//
// The generator is the 32-bit Mersenne twister, seeded as std::mt19937 seeds itself, with the low 32
// bits of the seed. A range of 2^32 or more takes 64 bits from two draws, the high word first; a
// smaller one takes a single draw; either is reduced modulo the range (slightly uneven, as torch is).
// This is torch 1.13's rule; later releases take two draws from 2^28 on, which changes ranges in
// between (operands of 9 digits) and no other.
#pragma once

#include <cstdint>
#include <random>

namespace carryscope::model {

class TorchRandom {
 public:
  explicit TorchRandom(std::uint64_t seed);

  std::uint32_t random();
  std::uint64_t random64();
  std::uint64_t below(std::uint64_t range);  // range >= 1

 private:
  std::mt19937 engine_;
};

}  // namespace carryscope::model
