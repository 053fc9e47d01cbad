// The page's style sheet, its scripts and Plotly, as the build put them into the program.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace carryscope::reports {

std::string_view style();
std::span<const std::string_view> scripts();  // in the order in which the page runs them

// Plotly, minified, gzip and base64; empty where the build did not find it.
std::string plotly_base64();

}  // namespace carryscope::reports
