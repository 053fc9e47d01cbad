// The comparison of several models on one page: verdicts, errors by step and cascade, margins, training.
#pragma once

#include <string>
#include <vector>

#include "reports/records.h"

namespace carryscope::reports {

// Two or more. What a model has no record of is left blank. Throws BadRecord as page() does.
std::string comparison(const std::vector<Records>& models);

}  // namespace carryscope::reports
