// The smallest margin of a decoder over its whole domain, with a pair that attains it.
//
// Branch and bound by best first: a cube's lower bound comes from the tail over the box of its
// attention outputs, an upper bound from single pairs. Over the reals, in logits, the final norm's
// scale included, whatever semantics the counts are under.
#pragma once

#include <optional>

#include "verify/certify.h"
#include "verify/search_all.h"

namespace carryscope::verify {

// `questions`: all of the decoder's, under real semantics. The bracket is at most 1e-6 wide, unless
// enclosures of single pairs are wider; nothing if the deadline passes first.
std::optional<SmallestMargin> smallest_margin(const model::Decoder& decoder,
                                              const std::vector<const Question*>& questions, int threads,
                                              const Deadline& deadline);

}  // namespace carryscope::verify
