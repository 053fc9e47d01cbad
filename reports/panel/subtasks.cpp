// What each unit tells best: the sub-task, on how many local configurations it is right, where it is not.
#include <map>

#include <fmt/format.h>

#include "reports/panel/panel.h"
#include "reports/rows.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

using Key = std::tuple<int, std::string, std::string>;  // step, unit, sub-task

Key key(const Rows& rows, std::size_t r) {
  return {rows.at(r, "step").get<int>(), rows.text(r, "unit"), rows.text(r, "subtask")};
}

// "-0.27 | 1.4": where the classes, lowest values first, part.
std::string intervals(const Rows& best, std::size_t r) {
  const json order = json::parse(best.at(r, "class_order").get<std::string>());
  const json thresholds = json::parse(best.at(r, "thresholds").get<std::string>());
  if (order.size() > 3) return fmt::format("{} intervals", order.size());
  std::string out;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0)
      out += thresholds[i - 1].is_number() ? fmt::format(" &lt; {} ≤ ", number(thresholds[i - 1])) : " | ";
    out += "<b>" + escape(order[i].dump()) + "</b>";
  }
  return out;
}

// The first configuration that the unit gets wrong, to be traced.
std::string example(const Rows& rows, std::size_t r) {
  return fmt::format(
      "{} + {} over {} + {} + {}: {} read as {} <button type=button data-a=\"{}\" "
      "data-b=\"{}\">Trace</button>",
      rows.text(r, "a"), rows.text(r, "b"), rows.text(r, "a_below"), rows.text(r, "b_below"),
      rows.text(r, "carry_below"), escape(rows.text(r, "class")), escape(rows.text(r, "read_as")),
      rows.at(r, "pair_a").get<std::uint64_t>(), rows.at(r, "pair_b").get<std::uint64_t>());
}

std::string meanings(const json& subtasks) {
  std::string list;
  for (const auto& [name, meaning] : subtasks.items())
    list += fmt::format("<dt>{}</dt><dd>{}</dd>", escape(name), escape(meaning.get<std::string>()));
  return "<dl class=list>" + list + "</dl>\n";
}

}  // namespace

void draw_subtasks(const json& record, const Records& records, Sheet& sheet) {
  const Rows units(record.at("units")), best(record.at("best")), exceptions(record.at("exceptions"));
  std::map<Key, std::size_t> unit_of, first;
  for (std::size_t r = 0; r < units.size(); ++r) unit_of.emplace(key(units, r), r);
  for (std::size_t r = 0; r < exceptions.size(); ++r) first.emplace(key(exceptions, r), r);
  Table table{"subtask-table",
              "The sub-task that each unit tells best, decided on all local configurations",
              {{"Unit"},
               {"Step", true},
               {"Sub-task"},
               {"Pass", true},
               {"By chance", true},
               {"Exceptions", true},
               {"Classes by the unit’s value"},
               {"An exception: a + b over the place below"}},
              {}};
  std::map<std::string, std::string> steps, tasks;
  for (std::size_t r = 0; r < best.size(); ++r) {
    const auto found = unit_of.find(key(best, r));
    if (found == unit_of.end()) continue;
    const std::size_t u = found->second;
    const std::string step = fmt::format("{:02}", best.at(r, "step").get<int>()),
                      task = best.text(r, "subtask");
    steps[step] = best.text(r, "step");
    tasks[task] = task;
    const auto wrong = first.find(key(best, r));
    table.rows.push_back(
        {{escape(best.text(r, "unit")), best.text(r, "step"), escape(task), number(units.at(u, "pass")),
          number(units.at(u, "chance")), units.text(u, "exceptions") + " of " + units.text(u, "all"),
          intervals(best, r), wrong == first.end() ? "" : example(exceptions, wrong->second)},
         {{"step", step}, {"task", task}}});
  }
  sheet.html(meanings(record.at("subtasks")));
  Filter by_step{"step", "Step", {{"", "all"}}}, by_task{"task", "Sub-task", {{"", "all"}}};
  by_step.options.insert(by_step.options.end(), steps.begin(), steps.end());
  by_task.options.insert(by_task.options.end(), tasks.begin(), tasks.end());
  sheet.html(html({by_step, by_task}, table.id));
  sheet.table(table);
  draw_tables(record, records, sheet);
}

}  // namespace carryscope::reports
