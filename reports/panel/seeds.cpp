// The seeds of a sweep, the best first: how each ended and its exact error, at the end and on the way.
#include <algorithm>

#include <fmt/format.h>

#include "reports/exact_error.h"
#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kNamed = 12;  // seeds that a legend may name

struct Seed {
  std::string name;
  json result, metrics;  // null where there is none
  double validation() const { return result.is_null() ? 0.0 : result.value("validation", 0.0); }
  Count most() const { return result.is_null() ? ~Count{0} : count(result.at("best").at("at_most")); }
};

std::vector<Seed> best_first(const json& seeds) {
  std::vector<Seed> all;
  for (const json& seed : seeds)
    all.push_back({seed.at("seed").dump(), seed.at("result"), seed.at("metrics")});
  std::ranges::stable_sort(all, {}, [](const Seed& s) { return std::pair(s.most(), -s.validation()); });
  return all;
}

std::string summary(const json& record) {
  const SeedSummary s = summarise(record);
  return fmt::format(
      "<b>Of {}, {} add every pair, and {} more than 90 % of all pairs</b>: proven, at their best step{}.",
      counted(s.finished, "finished seed"), s.perfect, s.good,
      s.finished < s.seeds ? fmt::format("; {} not finished", s.seeds - s.finished) : std::string());
}

Figure best_figure(const std::vector<Seed>& seeds) {
  json x = json::array(), y = x, down = x, shown = x;
  double least = 0.1;
  for (const Seed& seed : seeds) {
    if (seed.result.is_null()) continue;
    const json& exact = seed.result.at("best");
    const double low = drawn_rate(exact, "at_least"), high = drawn_rate(exact, "at_most");
    least = std::min(least, low);
    x.push_back(seed.name);
    y.push_back(high);
    down.push_back(high - low);
    shown.push_back(bracket(exact));
  }
  const json points{{"mode", "markers"},
                    {"cliponaxis", false},
                    {"x", x},
                    {"y", y},
                    {"error_y", {{"symmetric", false}, {"array", json(x.size(), 0)}, {"arrayminus", down}}},
                    {"customdata", shown},
                    {"hovertemplate", "seed %{x}<br>wrong pairs: %{customdata}<extra></extra>"},
                    {"marker", {{"size", 9}, {"color", "@bad"}}}};
  return {
      "seeds-best",
      "Exact error of each seed at its best step",
      "The best seed first; a line below a point is the proven bracket, no wrong pair is drawn at a tenth of "
      "one pair.",
      json::array({points}),
      {{"xaxis", {{"title", "seed"}, {"type", "category"}}},
       {"yaxis", log_axis("wrong share of all pairs", least, 1)}}};
}

Figure way_figure(const std::vector<Seed>& seeds) {
  json traces = json::array();
  double least = 0.1;
  for (const Seed& seed : seeds) {
    if (!seed.metrics.is_array()) continue;
    json x = json::array(), y = json::array();
    for (const json& line : seed.metrics) {
      x.push_back(line.at("step"));
      y.push_back(drawn_rate(line.at("exact"), "at_most"));
      least = std::min(least, y.back().get<double>());
    }
    traces.push_back({{"x", x}, {"y", y}, {"name", "seed " + seed.name}, {"mode", "lines"}});
  }
  return {"seeds-error",
          "Exact error on the way",
          "Upper ends of the proven brackets, at every evaluation.",
          traces,
          {{"xaxis", {{"title", "step"}}},
           {"showlegend", traces.size() > 1 && traces.size() <= kNamed},
           {"yaxis", log_axis("wrong share of all pairs, at most", least, 1)}}};
}

}  // namespace

SeedSummary summarise(const json& record) {
  SeedSummary s;
  for (const Seed& seed : best_first(record)) {
    ++s.seeds;
    if (seed.result.is_null()) continue;
    const json& exact = seed.result.at("best");
    if (++s.finished == 1) s.best = bracket(exact);
    s.perfect += seed.most() == 0;
    s.good += seed.most() < count(exact.at("total")) / 10;
  }
  return s;
}

void draw_seeds(const json& record, const Records&, Sheet& sheet) {
  const std::vector<Seed> seeds = best_first(record);
  Table table{"seeds",
              "One run for each seed, the best first",
              {{"Seed"},
               {"Ending"},
               {"Steps", true},
               {"Best step", true},
               {"Wrong pairs at it, proven", true},
               {"Validation", true},
               {"Restarts", true}},
              {}};
  for (const Seed& seed : seeds) {
    if (seed.result.is_null()) {
      table.rows.push_back({{seed.name, "not finished", "", "", "", "", ""}});
      continue;
    }
    const json& r = seed.result;
    table.rows.push_back({{seed.name, escape(r.at("ending").get<std::string>()), r.at("steps").dump(),
                           r.at("best_step").dump(), bracket(r.at("best")), number(seed.validation()),
                           r.value("retries", json(0)).dump()}});
  }
  sheet.paragraph(summary(record));
  sheet.figure(best_figure(seeds));
  if (const Figure way = way_figure(seeds); !way.data.empty()) sheet.figure(way);
  sheet.table(table);
}

}  // namespace carryscope::reports
