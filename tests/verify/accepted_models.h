// Random models, certified and checked.
#pragma once

#include "tests/verify/certified_model.h"
#include "tests/verify/random_models.h"

namespace carryscope::test {

// Every architecture feature of the format, most pairs wrong, and adders with noise, most pairs right.
inline void accept_random_models(int models, int digits, Semantics semantics) {
  const std::uint64_t first = fresh_seed();
  std::printf("seeds %llu and the next %d\n", static_cast<unsigned long long>(first), models - 1);
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(models); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const CertifiedModel m = certified(decoder_of(seed, digits), semantics);
    ASSERT_EQ(refusal(m.certificate, m.checkpoint), "");
  }
}

}  // namespace carryscope::test
