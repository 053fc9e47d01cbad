// A certification as text for a terminal of 100 columns: what a person reads.
//
// Every figure printed is proven: fractions are cut, the upper end of a bracket is rounded up, margins
// are rounded outwards. Undecided pairs are never counted as right or as wrong.
// The complete record is the JSON (certify_json.h); this leaves out what would fill pages.
#pragma once

#include <string>

#include "verify/certify.h"

namespace carryscope::verify {

enum class Towards { below, above };

// Model, semantics, counts, what they mean, tables by step and by cascade class, failing regions,
// smallest margin, effort. Ends with a newline.
std::string to_text(const model::Decoder& decoder, const Certification& result);

std::string grouped(Count value);  // 1234567 as "1,234,567"

// part / whole to five significant digits (counted behind leading nines), from the side named; exact where
// those are enough. 0 <= part <= whole, 1 <= whole <= 10^36.
std::string fraction(Count part, Count whole, Towards towards);

// x in decimal with that many decimals, not above (below) x where `towards` is below (above). x is finite.
std::string decimal(double x, int decimals, Towards towards);

}  // namespace carryscope::verify
