// Errors by the longest cascade of carries in a pair.
#include <fmt/format.h>

#include "reports/certified.h"
#include "reports/panel/panel.h"

namespace carryscope::reports {

using nlohmann::json;

void draw_cascades(const json& certify, const Records&, Sheet& sheet) {
  Table table{
      "cascades",
      "Pairs by cascade class: S0 has no carry, Sk a carry that is generated and passed on so that it "
      "runs through k places",
      {{"Class"},
       {"Pairs", true},
       {"Wrong", true},
       {"Share wrong", true},
       {"Depend on rounding", true},
       {"Undecided", true}},
      {}};
  for (const json& row : certify.at("by_cascade")) {
    const Counts n(row);
    table.rows.push_back({{"S" + row.at("class").dump(), grouped(n.total), grouped(n.wrong),
                           number(ratio(n.wrong, n.total)), grouped(n.rounding), grouped(n.undecided)}});
  }
  sheet.table(table);
}

}  // namespace carryscope::reports
