// Sweeps side by side: how often training succeeds, by configuration.
#pragma once

#include <vector>

#include "reports/records.h"
#include "reports/sheet.h"

namespace carryscope::reports {

// Of the records that hold a sweep; a sentence where none does.
void draw_sweeps(const std::vector<Records>& all, Sheet& sheet);

}  // namespace carryscope::reports
