// What every fuzz target shares: bytes in, and a refusal is the one exception that may come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "model/checkpoint/bytes.h"
#include "model/error.h"

namespace carryscope::fuzz {

template <class Action>
int refused_or_done(Action action) {
  try {
    action();
  } catch (const model::InputError&) {
  }
  return 0;
}

inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace carryscope::fuzz
