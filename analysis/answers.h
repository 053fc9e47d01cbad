// Answers: which token the whole model writes at each step, given the true prefix, proven cube by cube; and
// on how many pairs a pruned step writes another.
//
// Over the reals, as certify has it: a token is the answer where its logit is above all others. The search is
// certify's own: a right answer is the search's `correct`, and another token is shown to be the answer by the
// same search, told that this token is the right one. Where nothing is proven the answer is unknown, and its
// pairs count as undecided.
#pragma once

#include <atomic>
#include <optional>

#include "analysis/ablated.h"
#include "verify/certify.h"
#include "verify/deadline.h"

namespace carryscope::analysis {

struct Answer {
  verify::Cube cube;
  verify::Count pairs = 0;
  std::optional<int> token;  // of every pair in the cube; nothing: unknown
};

// Where one step does not write the true digit: disjoint cubes. Elsewhere it does.
using Exceptions = std::vector<Answer>;

// [step]. Where they are too many, or time runs out, all of a step's pairs are one unknown exception.
std::vector<Exceptions> exceptions(const Network& network, const verify::Certification& certified,
                                   int threads, const verify::Deadline& deadline);
bool known(const Exceptions& exceptions);  // all of them

// Pairs whose answer at the step is not the whole model's.
struct Changed {
  verify::Count changed = 0, undecided = 0;  // changed .. changed + undecided is proven
  std::vector<verify::Cube> certain;         // some cubes of which every pair is changed
};

struct ChangeLimits {
  std::uint64_t nodes = 0;           // cubes examined, at most
  bool any = false;                  // enough: whether any pair is changed
  const verify::Deadline* deadline;  // outlives the call
};

// `states` are a step's query states, perhaps edited; `decoder` has the tail. `whole` tells what the whole
// model answers at that step.
Changed changed(const Network& network, const model::Decoder& decoder,
                const std::vector<verify::Attended>& states, const Exceptions& whole,
                const ChangeLimits& limits);

}  // namespace carryscope::analysis
