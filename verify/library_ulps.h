// How far the library functions of a float32 evaluation may be off: a parameter of the float32
// semantics, printed with every result and stored in every certificate.
//
// An error of k ulp is at most k times the spacing of floats at the exact value. The defaults are at
// least twice the largest error that scripts/measure_ulps found (docs/library-functions.md).
// One process proves things under one set of bounds: they are set before threads start.
#pragma once

namespace carryscope::verify {

struct LibraryUlps {
  double exp = 40.0;
  double erf = 20.0;
  double tanh = 8.0;
  double sqrt = 4.0;  // also the reciprocal root, beside the rounding of a division
  double sincos = 4.0;

  friend bool operator==(const LibraryUlps&, const LibraryUlps&) = default;
};

const LibraryUlps& library_ulps();

// Each bound must lie in [0.5, 10000]; otherwise throws model::InputError naming it.
void set_library_ulps(const LibraryUlps& ulps);

}  // namespace carryscope::verify
