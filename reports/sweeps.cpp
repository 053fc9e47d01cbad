#include "reports/sweeps.h"

#include <cmath>

#include <fmt/format.h>

#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

// Wilson's interval for a rate at 95 %.
struct Interval {
  double low = 0.0, high = 1.0;
};
Interval wilson(std::size_t passed, std::size_t of) {
  if (of == 0) return {};
  constexpr double kDeviations = 1.959963984540054;
  const auto n = static_cast<double>(of);
  const double p = static_cast<double>(passed) / n, z2 = kDeviations * kDeviations / n;
  const double half = kDeviations * std::sqrt(p * (1 - p) / n + z2 / (4 * n));
  return {std::max(0.0, (p + z2 / 2 - half) / (1 + z2)), std::min(1.0, (p + z2 / 2 + half) / (1 + z2))};
}

// What was trained: the plan of the sweep's file, else of none.
std::string recipe_of(const Records& records) {
  const json* const sweep = records.find("sweep");
  if (!sweep || !sweep->contains("plan")) return "";
  const json recipe = sweep->at("plan").value("recipe", json::object());
  std::string text;
  for (const char* key : {"steps", "batch", "peak_rate", "beta2"})
    if (recipe.contains(key))
      text += (text.empty() ? "" : ", ") + fmt::format("{} {}", key, recipe.at(key).dump());
  return text;
}

Figure rate_figure(const std::vector<std::pair<std::string, SeedSummary>>& sweeps) {
  json x = json::array(), y = x, up = x, down = x, shown = x;
  for (const auto& [name, s] : sweeps) {
    const auto [low, high] = wilson(s.good, s.finished);
    const double rate = s.finished ? static_cast<double>(s.good) / static_cast<double>(s.finished) : 0.0;
    x.push_back(name);
    y.push_back(rate);
    up.push_back(high - rate);
    down.push_back(rate - low);
    shown.push_back(fmt::format("{} of {}", s.good, s.finished));
  }
  return {"sweeps-rate",
          "How often training succeeds",
          "The share of finished seeds whose best model is proven to add more than 90 % of all pairs, with "
          "Wilson’s interval at 95 %.",
          {{{"mode", "markers"},
            {"x", x},
            {"y", y},
            {"error_y", {{"symmetric", false}, {"array", up}, {"arrayminus", down}}},
            {"customdata", shown},
            {"hovertemplate", "%{x}: %{customdata} seeds<extra></extra>"},
            {"marker", {{"size", 9}, {"color", "@accent"}}}}},
          {{"xaxis", {{"type", "category"}}},
           {"yaxis", {{"title", "share of seeds"}, {"range", {-0.02, 1.02}}}}}};
}

}  // namespace

void draw_sweeps(const std::vector<Records>& all, Sheet& sheet) {
  Table table{"sweeps",
              "Seeds by their exact error at the best step",
              {{"Sweep"},
               {"Recipe"},
               {"Finished seeds", true},
               {"Add every pair", true},
               {"Above 90 %", true},
               {"Rate, 95 % interval", true},
               {"Best: wrong pairs", true}},
              {}};
  std::vector<std::pair<std::string, SeedSummary>> sweeps;
  for (const Records& records : all)
    if (const json* const seeds = records.find("seeds")) {
      const SeedSummary s = summarise(*seeds);
      const auto [low, high] = wilson(s.good, s.finished);
      sweeps.emplace_back(records.name, s);
      table.rows.push_back({{escape(records.name), escape(recipe_of(records)), std::to_string(s.finished),
                             std::to_string(s.perfect), std::to_string(s.good),
                             fmt::format("{:.0f}–{:.0f} %", 100 * low, 100 * high), s.best}});
    }
  if (table.rows.empty()) {
    sheet.html(fmt::format("<p class=missing>None of these is a sweep. <code>{}</code> makes one.</p>\n",
                           escape(command_for("seeds"))));
    return;
  }
  sheet.figure(rate_figure(sweeps));
  sheet.table(table);
}

}  // namespace carryscope::reports
