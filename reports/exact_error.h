// An exact error {"total", "at_least", "at_most"} as text and on a logarithmic axis (docs/training.md).
#pragma once

#include "reports/sheet.h"

namespace carryscope::reports {

std::string bracket(const nlohmann::json& exact);  // "120" or "120 to 4,000"

// A rate for a logarithmic axis, of the end "at_least" or "at_most": below one pair nothing can be drawn, so
// zero stands at a tenth of one.
double drawn_rate(const nlohmann::json& exact, const char* end);

// The wrong share of all pairs against lines' field `along` (metrics, repair), as a proven bracket.
Figure exact_error_figure(const std::string& id, const nlohmann::json& lines, const char* along,
                          const std::string& text);

}  // namespace carryscope::reports
