// torch's integers from the standard library's twister (torch_random.h).
#include "model/torch_random.h"

#include "model/error.h"

namespace carryscope::model {

TorchRandom::TorchRandom(std::uint64_t seed) : engine_(static_cast<std::uint32_t>(seed)) {}

std::uint32_t TorchRandom::random() { return static_cast<std::uint32_t>(engine_()); }

std::uint64_t TorchRandom::random64() {
  const std::uint64_t high = random();
  const std::uint64_t low = random();
  return high << 32 | low;
}

std::uint64_t TorchRandom::below(std::uint64_t range) {
  ensure(range >= 1, "a range is not empty");
  return (range >> 32 ? random64() : random()) % range;
}

}  // namespace carryscope::model
