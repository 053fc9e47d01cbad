// A cube read from the text that pattern(cube) writes: what certify prints of its failing regions.
#pragma once

#include "verify/cube.h"

namespace carryscope::verify {

// "a=.[0-3]7 b=... s=..9. c=....": some of a, b, s and c, each once, spaces between. One place after the
// other, the highest first: '.' or '*' for any, a digit, or a set of digits and ranges in brackets. a and b
// have so many places, s and c one more. Throws InputError that says where and what was expected.
Cube parse_pattern(const std::string& text, int digits);

}  // namespace carryscope::verify
