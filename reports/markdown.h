// A summary in Markdown, for a pull request: the verdict of each model and where its errors are.
#pragma once

#include <string>
#include <vector>

#include "reports/records.h"

namespace carryscope::reports {

std::string markdown(const std::vector<Records>& models);

}  // namespace carryscope::reports
