// Where errors begin: wrong pairs by step, a pair charged to the first step that gets it wrong.
#include <algorithm>

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
  json steps = json::array(), first = json::array();
  std::size_t failing = 0;
  double least = 1e36, most = 1;
  for (const json& step : certify.at("steps")) {
    const Counts own(step.at("pairs"));
    const Count charged = count(step.at("first_failures"));
    const int number = step.at("step").get<int>();
    table.rows.push_back(
        {{std::to_string(number), step.at("place").dump(), grouped(own.wrong), grouped(charged),
          grouped(own.rounding), grouped(own.undecided), grouped(step.at("nodes").get<std::uint64_t>())}});
    steps.push_back(std::to_string(number));
    first.push_back(charged == 0 ? json() : json(static_cast<double>(charged)));
    if (charged == 0) continue;
    ++failing;
    least = std::min(least, static_cast<double>(charged));
    most = std::max(most, static_cast<double>(charged));
  }
  if (failing > 0)
    sheet.figure({"wrong-by-step",
                  "Wrong pairs by the step that fails first",
                  fmt::format("Steps that fail: {} of {}. The scale is logarithmic.", failing, steps.size()),
                  {{{"type", "bar"},
                    {"x", steps},
                    {"y", first},
                    {"marker", {{"color", "@bad"}}},
                    {"hovertemplate", "step %{x}: %{y:.4g} pairs<extra></extra>"}}},
                  {{"xaxis", {{"title", "step"}, {"type", "category"}}},
                   {"yaxis", log_axis("pairs", least / 10, most)}},
                  260});
  sheet.table(table);
}

}  // namespace carryscope::reports
