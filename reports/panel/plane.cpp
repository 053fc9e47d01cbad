// The local decision plane: the digit that the tail answers over the first two axes of the attention output,
// and where the local configurations fall. A point on a region of its own colour is answered rightly.
#include <fmt/format.h>

#include "reports/panel/panel.h"
#include "reports/rows.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

// The digits of a line of cells; null where the answer is no digit.
json digits_of(const std::string& line) {
  json out = json::array();
  for (const char c : line) out.push_back(c >= '0' && c <= '9' ? json(c - '0') : json());
  return out;
}

json regions(const json& plane) {
  const json& answers = plane.at("answers");
  json z = json::array(), sides[2];
  for (const json& line : answers) z.push_back(digits_of(line.get<std::string>()));
  for (int side = 0; side < 2; ++side) {
    const json& range = plane.at(side == 0 ? "x" : "y");
    const double low = range.at(0), high = range.at(1), cells = static_cast<double>(z.size());
    for (std::size_t i = 0; i < z.size(); ++i)
      sides[side].push_back(rounded(low + (high - low) * (static_cast<double>(i) + 0.5) / cells));
  }
  return {
      {"type", "heatmap"},
      {"name", "digit answered"},
      {"x", sides[0]},
      {"y", sides[1]},
      {"z", z},
      {"colorscale", "@digits"},
      {"zmin", -0.5},
      {"zmax", 9.5},
      {"opacity", 0.55},
      {"hovertemplate", "answers %{z}<extra></extra>"},
      {"colorbar",
       {{"thickness", 10}, {"outlinewidth", 0}, {"len", 0.9}, {"tickvals", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}}}};
}

json points(const Rows& rows, const json& step, int carry) {
  json x = json::array(), y = x, digit = x, shown = x;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows.at(r, "step") != step || rows.at(r, "carry") != carry) continue;
    x.push_back(rounded(rows.at(r, "x")));
    y.push_back(rounded(rows.at(r, "y")));
    digit.push_back(rows.at(r, "digit"));
    shown.push_back({rows.at(r, "a"), rows.at(r, "b")});
  }
  return {
      {"mode", "markers"},
      {"name", fmt::format("carry {}", carry)},
      {"x", x},
      {"y", y},
      {"customdata", shown},
      {"hovertemplate",
       fmt::format("%{{customdata[0]}} + %{{customdata[1]}} + {} → %{{marker.color}}<extra></extra>", carry)},
      {"marker",
       {{"color", digit},
        {"colorscale", "@digits"},
        {"cmin", -0.5},
        {"cmax", 9.5},
        {"size", 7},
        {"symbol", carry == 0 ? "circle" : "diamond"},
        {"line", {{"width", 1}, {"color", "@ink"}}}}}};
}

}  // namespace

void draw_plane(const json& geometry, const Records&, Sheet& sheet) {
  const Rows rows(geometry.at("plane_points"));
  Choice steps{"step", {}};
  json variants = json::array();
  for (const json& plane : geometry.at("planes")) {
    const json& query = plane.at("query_digit");
    steps.options.push_back(plane.at("step").dump() +
                            (query.is_null() ? "" : ", reading the digit " + query.dump()));
    json data{regions(plane)};
    for (const int carry : {0, 1})
      if (json some = points(rows, plane.at("step"), carry); !some["x"].empty()) data.push_back(some);
    variants.push_back({{"data", data}});
  }
  if (variants.empty()) return sheet.paragraph("The attention output has fewer than two axes: no plane.");
  sheet.figure({"plane",
                "What the tail answers",
                "Over the first two axes of the attention output, the others at their mean, for one query "
                "token a step. Circles (no carry) and diamonds (carry) are local configurations, with the "
                "colour of their true digit: one on a region of another colour is decided by the other axes "
                "or wrong.",
                {},
                {{"xaxis", {{"title", "first axis"}, {"showgrid", false}, {"zeroline", false}}},
                 {"yaxis", {{"title", "second axis"}, {"showgrid", false}, {"zeroline", false}}}},
                480},
               {steps}, std::move(variants));
}

}  // namespace carryscope::reports
