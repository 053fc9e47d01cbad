// Mixture: another distribution of operands, and the share of wrong answers under it, from the same search.
//
// A part of the mixture is a condition on the operands (query/expression.h) with a weight: with probability
// weight / sum of weights the pair is drawn uniformly among those that meet it. Its pairs are counted in the
// union of the steps' failing sets, so the counts of each part are exact wherever those of all pairs are.
// Conditions on what the model answers are refused: they are no distribution of operands.
#pragma once

#include <string>
#include <vector>

#include "verify/failure_union.h"
#include "verify/interval.h"

namespace carryscope::verify {

struct MixturePart {
  double weight = 0;  // above 0
  std::string where;
};

struct Mixture {
  std::string name;
  std::vector<MixturePart> parts;
};

struct PartCounts {
  MixturePart part;
  Counts pairs;  // total: those that meet the condition
};

// "lengths": operands below 10^k for k = 1 .. n, each k alike, as in training. "cascades": each cascade class
// S0 .. Sn alike. Else a JSON file {"format": "carryscope-weights", "version": 1, "parts": [{"weight": 2,
// "where": "length(a) == 3"}, ...]}. Throws InputError naming the file and the part.
Mixture read_mixture(const std::string& name_or_path, const model::Layout& layout);

// Throws InputError naming the part: a condition that does not parse, asks for the model's answer, needs too
// many states, or is met by no pair.
std::vector<PartCounts> count(const FailureUnion& failures, const Mixture& mixture,
                              const model::Layout& layout);

// Encloses the probability of a wrong answer; undecided and rounding-dependent pairs widen it.
Interval wrong_share(const std::vector<PartCounts>& parts);

}  // namespace carryscope::verify
