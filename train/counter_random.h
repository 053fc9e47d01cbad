// A stream of random integers that is a pure function of (seed, stream): nothing to save, nothing to resume.
//
// SplitMix64: the i-th draw of a stream is mix(start + i * golden), with the mixing function and the odd
// constant of Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (the
// constants of mix are Stafford's variant 13). A stream's start is itself mixed from the seed and
// the stream's number, so streams are windows at unrelated places of one sequence of 2^64.
// Integers only where machines must agree to the last bit; normal() goes through the C library's logarithm
// and cosine, whose last bit may differ.
#pragma once

#include <cstdint>

namespace carryscope::train {

class CounterRandom {
 public:
  explicit CounterRandom(std::uint64_t start) : state_(start) {}  // SplitMix64 itself
  CounterRandom(std::uint64_t seed, std::uint64_t stream) : state_(mix(mix(seed + kGolden) ^ stream)) {}

  std::uint64_t next() { return mix(state_ += kGolden); }

  // Uniform in 0 .. range - 1, without bias, range >= 1 (Lemire, "Fast random integer generation in an
  // interval", 2019).
  std::uint64_t below(std::uint64_t range) {
    auto product = static_cast<Wide>(next()) * range;
    if (static_cast<std::uint64_t>(product) < range) {
      const std::uint64_t uneven = (0 - range) % range;  // 2^64 mod range
      while (static_cast<std::uint64_t>(product) < uneven) product = static_cast<Wide>(next()) * range;
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  // Uniform among the multiples of 2^-53 in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  std::uint64_t state() const { return state_; }  // CounterRandom(state()) goes on from here

  // Standard normal, from two draws (Box, Muller, 1958; the sine is not used).
  double normal();

 private:
  using Wide = unsigned __int128;
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15U;

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace carryscope::train
