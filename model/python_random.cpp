// Python's integers from the standard library's twister (python_random.h).
#include "model/python_random.h"

#include <algorithm>
#include <vector>

#include "model/error.h"

namespace carryscope::model {
namespace {

// A seed sequence in the standard's sense, whose 624 words are init_by_array's state: the standard
// seeding copies them unchanged.
class InitByArray {
 public:
  using result_type = std::uint32_t;

  explicit InitByArray(std::uint64_t seed) : key_{static_cast<std::uint32_t>(seed)} {
    if (seed >> 32) key_.push_back(static_cast<std::uint32_t>(seed >> 32));
  }

  template <class Iterator>
  void generate(Iterator first, Iterator last) const {
    std::vector<std::uint32_t> state(static_cast<std::size_t>(last - first));
    const std::size_t size = state.size();
    state[0] = 19650218;
    for (std::size_t i = 1; i < size; ++i)
      state[i] = 1812433253U * mixed(state[i - 1]) + static_cast<std::uint32_t>(i);
    std::size_t at = 1;
    const auto advance = [&] {
      if (++at < size) return;
      state[0] = state[size - 1];
      at = 1;
    };
    for (std::size_t k = 0; k < std::max(size, key_.size()); ++k) {
      const std::size_t j = k % key_.size();
      state[at] = (state[at] ^ mixed(state[at - 1]) * 1664525U) + key_[j] + static_cast<std::uint32_t>(j);
      advance();
    }
    for (std::size_t k = 1; k < size; ++k) {
      state[at] = (state[at] ^ mixed(state[at - 1]) * 1566083941U) - static_cast<std::uint32_t>(at);
      advance();
    }
    state[0] = 0x80000000U;
    std::ranges::copy(state, first);
  }

 private:
  static std::uint32_t mixed(std::uint32_t word) { return word ^ word >> 30; }

  std::vector<std::uint32_t> key_;
};

std::mt19937 seeded(std::uint64_t seed) {
  InitByArray words(seed);
  return std::mt19937(words);
}

}  // namespace

PythonRandom::PythonRandom(std::uint64_t seed) : engine_(seeded(seed)) {}

Count PythonRandom::bits(int count) {
  ensure(count >= 1 && count <= 128, "1 to 128 bits at a time");
  Count result = 0;
  for (int shift = 0; shift < count; shift += 32) {
    const int wanted = std::min(32, count - shift);
    result |= static_cast<Count>(static_cast<std::uint32_t>(engine_()) >> (32 - wanted)) << shift;
  }
  return result;
}

Count PythonRandom::below(Count range) {
  ensure(range >= 1, "a range is not empty");
  int length = 0;
  for (Count rest = range; rest; rest >>= 1) ++length;
  for (;;)
    if (const Count draw = bits(length); draw < range) return draw;
}

}  // namespace carryscope::model
