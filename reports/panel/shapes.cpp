// How well points lie on a line, a circle or a helix: R² of each fit.
#include "reports/panel/panel.h"
#include "reports/rows.h"

namespace carryscope::reports {

void draw_shapes(const nlohmann::json& geometry, const Records& records, Sheet& sheet) {
  const Rows rows(geometry.at("shapes"));
  Table table{
      "shapes",
      "Share of the points’ variance that each shape explains (R²): a line, one turn of a circle, both "
      "(a helix), the points in their order",
      {{"Points"}, {"Count", true}, {"Line", true}, {"Circle", true}, {"Helix", true}},
      {}};
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Row row{{escape(rows.text(r, "points"))}};
    for (const char* column : {"count", "line", "circle", "helix"})
      row.cells.push_back(cell(rounded(rows.at(r, column))));
    table.rows.push_back(row);
  }
  sheet.table(table);
  draw_tables(geometry, records, sheet);
}

}  // namespace carryscope::reports
