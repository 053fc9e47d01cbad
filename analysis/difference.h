// Difference: on how many of all 10^(2n) pairs two models answer with other tokens, proven, over the reals.
//
// Each model's first wrong token is known pair by pair from where its steps do not write the true digit
// (answers.h); a decision diagram holds the first such step and what is written there (verify/
// failure_diagram.h), and the product of the two diagrams counts the pairs of each combination. Answers
// differ where the first wrong tokens do. Where they agree, what follows was written after a wrong digit:
// that is not searched, and such pairs stay undecided.
#pragma once

#include <optional>
#include <vector>

#include "analysis/subject.h"

namespace carryscope::analysis {

// Where an answer leaves the true sum.
struct Departure {
  int step = 0;              // the first step that is not known to be right; the number of steps: none
  std::optional<int> token;  // what is written there; nothing: unknown
  bool operator==(const Departure&) const = default;
};

enum class Alike { yes, no, unknown };

struct DifferenceClass {
  Departure first, second;  // of the two models
  Alike alike = Alike::unknown;
  verify::Count pairs = 0;
  model::Pair example;
};

struct Difference {
  verify::Count total = 0, alike = 0, differ = 0, undecided = 0;  // differ .. differ + undecided is proven
  std::vector<DifferenceClass> classes;                           // largest first; without both right
};

// Throws InputError: another number of digits, other answer tokens or another order of places, and as
// certify.
Difference difference(const Subject& first, const Subject& second);

}  // namespace carryscope::analysis
