// What each neuron answers to: a map over a and b for each carry in, one step at a time. Where the sub-task
// that a neuron tells best has two classes, the line between them is drawn.
#include <map>
#include <set>

#include <fmt/format.h>

#include "reports/panel/panel.h"
#include "reports/rows.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

constexpr int kAcross = 4, kMapHeight = 170;  // maps beside each other; pixels
constexpr const char* kValues[] = {"mean", "min", "max"};
constexpr std::size_t kMany = 12;  // neurons of which only the means are drawn: the page stays below 3 MB

struct Maps {
  // [{step, neuron}][carry][value] = 10 x 10, null where there is nothing
  std::map<std::pair<int, int>, std::map<int, std::map<std::string, json>>> of;
  std::set<int> steps, neurons;
};

Maps maps_of(const Rows& rows) {
  Maps maps;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const int step = rows.at(r, "step"), neuron = rows.at(r, "neuron"), carry = rows.at(r, "carry");
    maps.steps.insert(step);
    maps.neurons.insert(neuron);
    for (const char* value : kValues) {
      json& map = maps.of[{step, neuron}][carry][value];
      if (map.is_null()) map = json(10, json(10, json()));
      const json& entry = rows.at(r, value);
      map.at(rows.at(r, "a").get<std::size_t>()).at(rows.at(r, "b").get<std::size_t>()) =
          entry.is_number() ? json(std::stod(fmt::format("{:.3g}", entry.get<double>()))) : entry;
    }
  }
  return maps;
}

struct Told {
  std::string subtask;
  json threshold;  // null where there are more than two classes
};

// What each neuron tells best, where that was computed.
std::map<std::pair<int, std::string>, Told> told_of(const Records& records) {
  std::map<std::pair<int, std::string>, Told> told;
  const json* const subtasks = records.find("subtasks");
  if (!subtasks || !subtasks->contains("best")) return told;
  const Rows rows(subtasks->at("best"));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const json thresholds = json::parse(rows.at(r, "thresholds").get<std::string>(), nullptr, false);
    const bool two = thresholds.is_array() && thresholds.size() == 1;
    told[{rows.at(r, "step"), rows.text(r, "unit")}] = {rows.text(r, "subtask"),
                                                        two ? thresholds[0] : json()};
  }
  return told;
}

std::string axis(const char* side, int at) { return at == 0 ? side : side + std::to_string(at + 1); }

// The map and, over it, the line at the threshold.
void add_map(json& data, int at, const json& z, const std::string& name, const Told& told, double low,
             double high) {
  const json place{{"xaxis", axis("x", at)}, {"yaxis", axis("y", at)}, {"z", z}, {"showscale", false}};
  data.push_back(place);
  data.back().update({{"type", "heatmap"},
                      {"name", name},
                      {"zmin", low},
                      {"zmax", high},
                      {"colorscale", "@sequential"},
                      {"hovertemplate", "a %{y}, b %{x}: %{z}<extra>" + name + "</extra>"}});
  if (!told.threshold.is_number()) return;
  data.push_back(place);
  data.back().update(
      {{"type", "contour"},
       {"name", "threshold"},
       {"hoverinfo", "skip"},
       {"showlegend", false},
       {"line", {{"color", "@bad"}, {"width", 2}}},
       {"contours",
        {{"coloring", "none"}, {"start", told.threshold}, {"end", told.threshold}, {"size", 1}}}});
}

// The title of the map, and its axes where there is one.
void add_axes(json& layout, int at, int rows, const std::string& title, bool map) {
  const double width = 1.0 / kAcross, height = 1.0 / rows;
  const int row = at / kAcross;
  const double left = (at % kAcross) * width, top = 1.0 - row * height;
  layout["annotations"].push_back({{"text", title},
                                   {"x", left + 0.53 * width},
                                   {"y", top - 0.135 * height},
                                   {"xref", "paper"},
                                   {"yref", "paper"},
                                   {"xanchor", "center"},
                                   {"yanchor", "bottom"},
                                   {"showarrow", false},
                                   {"font", {{"size", 11}}}});
  if (!map) return;
  const json small{{"dtick", 3}, {"tickfont", {{"size", 9}}}, {"showgrid", false}, {"zeroline", false}};
  json& x = layout["xaxis" + (at == 0 ? "" : std::to_string(at + 1))] = small;
  x.update({{"domain", {left + 0.1 * width, left + 0.97 * width}}, {"anchor", axis("y", at)}});
  json& y = layout["yaxis" + (at == 0 ? "" : std::to_string(at + 1))] = small;
  y.update({{"domain", {top - 0.84 * height, top - 0.14 * height}}, {"anchor", axis("x", at)}});
}

// All maps of a step, one kind of value.
json variant(const Maps& maps, int step, const char* value,
             const std::map<std::pair<int, std::string>, Told>& told) {
  json data = json::array(), layout = json::object();
  const int rows = (2 * static_cast<int>(maps.neurons.size()) + kAcross - 1) / kAcross;
  int at = 0;
  for (const int neuron : maps.neurons) {
    const std::string unit = fmt::format("neuron {}", neuron);
    const auto found = told.find({step, unit});
    const Told tells = found == told.end() ? Told{} : found->second;
    const auto& carries = maps.of.at({step, neuron});
    double low = 1e300, high = -1e300;  // of one neuron, so that its two maps compare
    for (const auto& [carry, values] : carries)
      for (const json& line : values.at(value))
        for (const json& z : line)
          if (z.is_number()) low = std::min(low, z.get<double>()), high = std::max(high, z.get<double>());
    for (const int carry : {0, 1}) {
      const std::string name = fmt::format("n{}, carry {}", neuron, carry);
      if (const auto map = carries.find(carry); map != carries.end()) {
        add_map(data, at, map->second.at(value), name, tells, low, high);
        add_axes(layout, at, rows, name + (tells.subtask.empty() ? "" : ": " + tells.subtask), true);
      } else {
        add_axes(layout, at, rows, name + ": never", false);
      }
      ++at;
    }
  }
  return {{"data", data}, {"layout", layout}};
}

}  // namespace

void draw_neurons(const json& record, const Records& records, Sheet& sheet) {
  const Maps maps = maps_of(Rows(record.at("maps")));
  if (maps.neurons.empty()) return sheet.paragraph("The model has no neurons.");
  const auto told = told_of(records);
  Choice steps{"step", {}}, values{"activation", {"mean", "least", "largest"}};
  if (maps.neurons.size() > kMany) values.options.resize(1);
  json variants = json::array();
  for (const int step : maps.steps) {
    steps.options.push_back(std::to_string(step));
    for (std::size_t i = 0; i < values.options.size(); ++i)
      variants.push_back(variant(maps, step, kValues[i], told));
  }
  const int rows = (2 * static_cast<int>(maps.neurons.size()) + kAcross - 1) / kAcross;
  sheet.figure(
      {"neuron-maps",
       "Response maps of the neurons",
       "Activation by a (upwards), b (to the right) and the carry into the place, over the letters of "
       "the place below; each neuron has its own scale. Named is the sub-task that the neuron tells "
       "best; the line is its threshold.",
       {},
       {{"showlegend", false}},
       rows * kMapHeight + 20},
      {steps, values}, std::move(variants));
}

}  // namespace carryscope::reports
