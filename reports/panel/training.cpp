// A training run: loss, and the exact error at every evaluation as a proven bracket on a logarithmic axis.
#include <algorithm>

#include <fmt/format.h>

#include "reports/certified.h"
#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

// A rate for a logarithmic axis: below one pair nothing can be drawn, so zero stands at a tenth of one.
double drawn(const json& exact, const char* end) {
  const Count total = count(exact.at("total"));
  return std::max(ratio(count(exact.at(end)), total), 0.1 / static_cast<double>(total));
}

json rate_axis(const json& lines) {
  double least = 0.1;
  for (const json& line : lines) least = std::min(least, drawn(line.at("exact"), "at_least"));
  return log_axis("wrong share of all pairs", least, 1);
}

std::string bracket(const json& exact) {
  const Count low = count(exact.at("at_least")), high = count(exact.at("at_most"));
  return low == high ? grouped(low) : grouped(low) + " to " + grouped(high);
}

}  // namespace

Figure exact_error_figure(const std::string& id, const json& lines, const char* along,
                          const std::string& text) {
  json x = json::array(), low = json::array(), high = json::array();
  for (const json& line : lines) {
    x.push_back(line.at(along));
    low.push_back(drawn(line.at("exact"), "at_least"));
    high.push_back(drawn(line.at("exact"), "at_most"));
  }
  const json proven{{"x", x},
                    {"y", high},
                    {"name", "at most"},
                    {"mode", "lines+markers"},
                    {"line", {{"color", "@bad"}}},
                    {"marker", {{"size", 5}}}};
  const json least{
      {"x", x},          {"y", low},          {"name", "at least"},
      {"mode", "lines"}, {"fill", "tonexty"}, {"line", {{"color", "@bad"}, {"width", 1}, {"dash", "dot"}}}};
  return {
      id, "Exact error", text, {proven, least}, {{"xaxis", {{"title", along}}}, {"yaxis", rate_axis(lines)}}};
}

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
        escape(run->value("engine", json("unknown")).dump()),
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

void draw_seeds(const json& seeds, const Records&, Sheet& sheet) {
  Table table{"seeds",
              "One run for each seed",
              {{"Seed"}, {"Ending"}, {"Steps", true}, {"Best step", true}, {"Wrong pairs, proven", true}},
              {}};
  json traces = json::array();
  double least = 0.1;
  for (const json& seed : seeds) {
    const json& result = seed.at("result");
    const std::string name = seed.at("seed").dump();
    if (result.is_null())
      table.rows.push_back({{name, "not finished", "", "", ""}});
    else
      table.rows.push_back({{name, escape(result.at("ending").get<std::string>()), result.at("steps").dump(),
                             result.at("best_step").dump(), bracket(result.at("best"))}});
    json x = json::array(), y = json::array();
    if (seed.at("metrics").is_array())
      for (const json& line : seed.at("metrics")) {
        x.push_back(line.at("step"));
        y.push_back(drawn(line.at("exact"), "at_most"));
        least = std::min(least, drawn(line.at("exact"), "at_most"));
      }
    traces.push_back({{"x", x}, {"y", y}, {"name", "seed " + name}, {"mode", "lines"}});
  }
  sheet.figure(
      {"seeds-error",
       "Exact error of every seed",
       "Upper ends of the proven brackets.",
       traces,
       {{"xaxis", {{"title", "step"}}}, {"yaxis", log_axis("wrong share of all pairs, at most", least, 1)}}});
  sheet.table(table);
}

}  // namespace carryscope::reports
