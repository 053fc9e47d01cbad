// Open pairs: what one program answers on the few pairs that a proof leaves open.
//
// Bounds that hold for the reals, or for every float32 evaluation, cannot decide a tie, nor a margin within
// rounding. One definite program can be asked: greedy decoding in the reference order of operations and the
// checkpoint's own precision (greedy.h). Its answers are reported beside the verdict; they never become part
// of it.
#pragma once

#include <optional>
#include <vector>

#include "verify/failure_union.h"

namespace carryscope::verify {

struct OpenPairs {
  Count wrong = 0, correct = 0;  // by the reference program; together all undecided and rounding-dependent
};

// Nothing where no pair is open, or more than a million, or more than the union's diagram holds.
std::optional<OpenPairs> ask_reference(const model::Decoder& decoder, const FailureUnion& failures);

// The additions that the diagram gives to the groups first .. last, in no order; they are to be few.
std::vector<model::Pair> additions_of(const FailureDiagram& diagram, FailureDiagram::Ref root,
                                      FailureDiagram::Ref first, FailureDiagram::Ref last);

}  // namespace carryscope::verify
