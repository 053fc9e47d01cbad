// The page's table of contents: sections in their order, and the panels that fill them.
//
// A new panel is one file in panel/ and one row in panels.cpp; a new section is one row.
#pragma once

#include <span>
#include <string_view>

#include "reports/records.h"
#include "reports/sheet.h"

namespace carryscope::reports {

struct Section {
  std::string_view id, title;
  std::string_view lead;  // HTML: the question it answers
};

struct Panel {
  std::string_view section;  // id of a Section
  std::string_view record;   // what it draws; where that is missing, the page says which command makes it
  std::string_view title;    // empty: none
  // May throw nlohmann::json::exception for a record of another shape.
  void (*draw)(const nlohmann::json& record, const Records& records, Sheet& sheet);
  bool optional = false;  // says nothing where its record is missing
};

std::span<const Section> sections();
std::span<const Panel> panels();

}  // namespace carryscope::reports
