// Counts, shares and reals as decimal text that is never nearer to a claim than the number itself: what is
// cut off is rounded towards the side that the caller names.
#pragma once

#include <string>

#include "verify/cube.h"

namespace carryscope::verify {

enum class Towards { below, above };

std::string grouped(Count value);  // 1234567 as "1,234,567"

// part / whole to five significant digits (counted behind leading nines), from the side named; exact where
// those are enough. 0 <= part <= whole, 1 <= whole <= 10^36.
std::string fraction(Count part, Count whole, Towards towards);

// x in decimal with that many decimals, not above (below) x where `towards` is below (above). x is finite.
std::string decimal(double x, int decimals, Towards towards);

}  // namespace carryscope::verify
