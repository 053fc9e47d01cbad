#include "verify/library_ulps.h"

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::verify {

namespace {

LibraryUlps current;

void check(const char* name, double ulps) {
  if (ulps >= 0.5 && ulps <= 10000.0) return;
  throw model::InputError(fmt::format(
      "the error bound of {} is {} ulp; it must lie between 0.5 (correctly rounded) and 10000", name, ulps));
}

}  // namespace

const LibraryUlps& library_ulps() { return current; }

void set_library_ulps(const LibraryUlps& ulps) {
  check("exp", ulps.exp);
  check("erf", ulps.erf);
  check("tanh", ulps.tanh);
  check("sqrt", ulps.sqrt);
  check("sincos", ulps.sincos);
  current = ulps;
}

}  // namespace carryscope::verify
