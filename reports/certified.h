// The fields of a certify record that several panels read (docs/schemas/certify.schema.json).
#pragma once

#include "reports/numbers.h"

namespace carryscope::reports {

struct Counts {
  Count total = 0, correct = 0, wrong = 0, undecided = 0, rounding = 0;
  explicit Counts(const nlohmann::json& counts);

  // Pairs that are not proven right.
  Count open() const { return wrong + undecided + rounding; }
};

// What `wrong` means: one sentence of HTML.
std::string semantics(const nlohmann::json& certify);

// The verdict as one sentence, and the colour it has: good, bad or maybe.
struct Verdict {
  std::string sentence;
  std::string tone;
};
Verdict verdict(const nlohmann::json& certify);

}  // namespace carryscope::reports
