// A training run: loss, and the exact error at every evaluation as a proven bracket on a logarithmic axis.
#include <algorithm>

#include <fmt/format.h>

#include "reports/exact_error.h"
#include "reports/panel/panel.h"
#include "reports/rows.h"

namespace carryscope::reports {

using nlohmann::json;

void draw_training(const json& metrics, const Records& records, Sheet& sheet) {
  std::int64_t retries = 0;
  Table table{
      "metrics",
      "Evaluations",
      {{"Step", true}, {"Loss", true}, {"Rate", true}, {"Validation", true}, {"Wrong pairs, proven", true}},
      {}};
  // A retry starts again from step 0 with other weights: the last one is the run.
  for (const json& line : metrics) retries = std::max(retries, line.value("retries", std::int64_t{0}));
  json last = json::array();
  for (const json& line : metrics) {
    if (line.value("retries", std::int64_t{0}) != retries) continue;
    last.push_back(line);
    table.rows.push_back({{line.at("step").dump(), number(line.at("loss").get<double>()),
                           number(line.at("rate").get<double>()), number(line.at("validation").get<double>()),
                           bracket(line.at("exact"))}});
  }
  if (const json* const run = records.find("run"))
    sheet.paragraph(fmt::format(
        "Seed {}, engine {}{}.", escape(run->value("seed", json("unknown")).dump()),
        escape(as_text(run->value("engine", json("unknown")))),
        retries > 0 ? fmt::format(", after {} early restarts with other weights", retries) : std::string()));
  sheet.figure(
      exact_error_figure("training-error", last, "step",
                         "Of all pairs, not of a test set; between the curves is the proven bracket. "
                         "No wrong pair is drawn at a tenth of one pair."));
  sheet.folded("All evaluations", table);
}

void draw_repair(const json& rounds, const Records&, Sheet& sheet) {
  Table table{"repair",
              "Rounds of fine-tuning on the failing cubes; the best one is marked",
              {{"Round"},
               {"Steps", true},
               {"Rate", true},
               {"Loss", true},
               {"Cubes not correct", true},
               {"Moved", true},
               {"Wrong pairs, proven", true},
               {"Best so far"}},
              {}};
  for (const json& line : rounds)
    table.rows.push_back({{line.at("round").dump(), line.at("steps").dump(),
                           number(line.at("rate").get<double>()), number(line.at("loss").get<double>()),
                           line.at("cubes").dump(), number(line.at("distance").get<double>()),
                           bracket(line.at("exact")), line.at("best").get<bool>() ? "yes" : ""}});
  sheet.figure(
      exact_error_figure("repair-error", rounds, "round",
                         "After each round, of all pairs. No wrong pair is drawn at a tenth of one pair."));
  sheet.table(table);
}

}  // namespace carryscope::reports
