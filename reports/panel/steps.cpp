// Where errors begin: wrong pairs by step, a pair charged to the first step that gets it wrong.
#include <fmt/format.h>

#include "reports/certified.h"
#include "reports/panel/panel.h"

namespace carryscope::reports {

using nlohmann::json;

void draw_steps(const json& certify, const Records&, Sheet& sheet) {
  Table table{"steps",
              "Wrong pairs by step; a pair is charged to the first step that gets it wrong",
              {{"Step"},
               {"Place", true},
               {"Wrong at this step", true},
               {"Wrong here first", true},
               {"Depend on rounding", true},
               {"Undecided", true},
               {"Cubes examined", true}},
              {}};
  for (const json& step : certify.at("steps")) {
    const Counts own(step.at("pairs"));
    const Count charged = count(step.at("first_failures"));
    const int number = step.at("step").get<int>();
    table.rows.push_back(
        {{std::to_string(number), step.at("place").dump(), grouped(own.wrong), grouped(charged),
          grouped(own.rounding), grouped(own.undecided), grouped(step.at("nodes").get<std::uint64_t>())}});
  }
  sheet.table(table);
}

}  // namespace carryscope::reports
