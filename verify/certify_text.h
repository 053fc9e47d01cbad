// A certification as text for a terminal of 100 columns: what a person reads.
//
// Every figure printed is proven: fractions are cut, the upper end of a bracket is rounded up, margins
// are rounded outwards. Undecided pairs are never counted as right or as wrong.
// The complete record is the JSON (certify_json.h); this leaves out what would fill pages.
#pragma once

#include <string>

#include "verify/certify.h"

namespace carryscope::verify {

// Model, semantics, counts, what they mean, tables by step and by cascade class, failing regions,
// smallest margin, effort. Ends with a newline.
std::string to_text(const model::Decoder& decoder, const Certification& result);

}  // namespace carryscope::verify
