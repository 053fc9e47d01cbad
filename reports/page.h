// The report of one model: a single HTML file that opens from disk, without network or server.
//
// The same records give the same bytes. Charts need Plotly, which the build takes from the distribution and
// the page carries deflated; built without it, figures show their numbers as tables.
#pragma once

#include <string>

#include "reports/panels.h"

namespace carryscope::reports {

// Throws BadRecord naming the record that has not the expected fields.
std::string page(const Records& records);

// Whether pages of this program carry Plotly.
bool has_charts();

// Shared by all pages: head, theme, navigation, the scripts and the data they read.
struct Body {
  std::string title, subtitle;                                // text
  std::string html;                                           // the sections
  std::vector<std::pair<std::string, std::string>> contents;  // {section's id, title}
  nlohmann::json data = nlohmann::json::object();
};
std::string shell(const Body& body);

}  // namespace carryscope::reports
