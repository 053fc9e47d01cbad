// Charts: figures that are one row of a table, drawn from the rows of a record.
//
// The rows are a list of objects or an analysis's {"columns", "rows"}; a column is a name, or a path into the
// object ("pairs.wrong"). Decimal strings count as numbers.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "reports/sheet.h"

namespace carryscope::reports {

enum class Kind { bars, lines, points, heatmap };

struct Chart {
  std::string_view record;
  std::string_view panel = {};  // stands at the top of this record's panel of this title (panels.cpp)
  std::string_view rows = {};   // the path in the record, empty where it is the list itself
  std::string_view id, title;
  std::string_view text;  // HTML: what is to be seen
  Kind kind = Kind::bars;
  std::string_view x, y;          // columns; heat map: the categories of its two sides
  std::string_view x_names = {};  // heat map only: a column with the names of x's categories
  // Heat map only: the colour; of several columns the reader chooses one.
  std::array<std::string_view, 3> values = {};
  std::string_view series = {};                  // others: one trace for each value of this column
  std::string_view error = {};                   // others: a column with one standard error of y
  std::string_view labels = {};                  // points only: a column with the text beside each
  std::array<std::string_view, 4> hover = {};    // more columns to show at a point
  std::array<std::string_view, 2> choices = {};  // a drop-down for each column, one figure for each value
  bool log = false;                              // y on a logarithmic axis; what is not positive is left out
  // A role; empty: the theme's own order, or @sequential. @diverging has 0 in its middle; @good is @bad
  // below 0.
  std::string_view colour = {};
};

// The charts of all records, in the order in which a page shows them.
std::span<const Chart> charts();

// Throws nlohmann::json::exception where a column is missing.
void draw(const Chart& chart, const nlohmann::json& record, Sheet& sheet);

}  // namespace carryscope::reports
