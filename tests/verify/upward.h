// upward(f, x...): f(x...) with the rounding mode upward for just that call. References (Arb, floats)
// are then computed in the mode they were written for.
#pragma once

#include "verify/rounding.h"

#if defined(__clang__)
#define CARRYSCOPE_OPAQUE __attribute__((noinline))
#else
#define CARRYSCOPE_OPAQUE __attribute__((noipa))
#endif

namespace carryscope::test {

// Opaque, so that no operation of f moves across the change of mode.
template <class Function, class... Arguments>
CARRYSCOPE_OPAQUE auto call(const Function& function, const Arguments&... arguments) {
  return function(arguments...);
}

template <class Function, class... Arguments>
auto upward(const Function& function, const Arguments&... arguments) {
  const verify::RoundUpward guard;
  return call(function, arguments...);
}

}  // namespace carryscope::test
