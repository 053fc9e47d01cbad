#include "reports/chart.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "reports/numbers.h"
#include "reports/rows.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

using Picked = std::vector<std::size_t>;  // indices of rows

// The values of a column in the order in which they first come.
std::vector<std::string> distinct(const Rows& rows, std::string_view column, const Picked& picked) {
  std::vector<std::string> values;
  for (const std::size_t row : picked)
    if (const std::string value = rows.text(row, column); std::ranges::find(values, value) == values.end())
      values.push_back(value);
  return values;
}

Picked having(const Rows& rows, std::string_view column, const std::string& value, const Picked& from) {
  Picked picked;
  for (const std::size_t row : from)
    if (rows.text(row, column) == value) picked.push_back(row);
  return picked;
}

// What is shown at a point: x, y and the columns of `hover`, which stand in the trace's customdata.
std::string hover_template(const Chart& chart) {
  std::string text = fmt::format("{}: %{{x}}<br>{}: %{{y}}", words(chart.x), words(chart.y));
  if (chart.kind == Kind::heatmap) text += "<br><b>%{z:.5g}</b>";
  for (std::size_t i = 0; i < chart.hover.size() && !chart.hover[i].empty(); ++i)
    text += fmt::format("<br>{}: %{{customdata[{}]}}", words(chart.hover[i]), i);
  return text + "<extra></extra>";
}

json hover_data(const Chart& chart, const Rows& rows, std::size_t row) {
  json data = json::array();
  for (const std::string_view column : chart.hover)
    if (!column.empty()) data.push_back(rows.at(row, column).is_null() ? "" : rows.text(row, column));
  return data;
}

json heatmap(const Chart& chart, const Rows& rows, const Picked& picked, std::string_view value) {
  const auto xs = distinct(rows, chart.x, picked), ys = distinct(rows, chart.y, picked);
  json z(ys.size(), json(xs.size(), json())), shown = z;
  for (const std::size_t row : picked) {
    const auto at = [&](const std::vector<std::string>& side, std::string_view column) {
      return static_cast<std::size_t>(std::ranges::find(side, rows.text(row, column)) - side.begin());
    };
    const std::size_t i = at(ys, chart.y), j = at(xs, chart.x);
    z[i][j] = rounded(as_number(rows.at(row, value)));
    shown[i][j] = hover_data(chart, rows, row);
  }
  const std::string scale(chart.colour.empty() ? "@sequential" : chart.colour);
  json map{{"type", "heatmap"},
           {"name", words(value)},
           {"x", xs},
           {"y", ys},
           {"z", z},
           {"hovertemplate", hover_template(chart)},
           {"colorscale", scale},
           {"xgap", 1},
           {"ygap", 1},
           {"colorbar", {{"thickness", 10}, {"outlinewidth", 0}, {"len", 0.9}}}};
  if (!chart.hover[0].empty()) map["customdata"] = shown;
  if (scale == "@diverging") map["zmid"] = 0;
  return json::array({map});
}

json trace(const Chart& chart, const Rows& rows, const Picked& picked) {
  json x = json::array(), y = json::array(), shown = json::array(), error = y, labels = y;
  for (const std::size_t row : picked) {
    const json value = rounded(as_number(rows.at(row, chart.y)));
    if (!chart.error.empty()) error.push_back(rounded(rows.at(row, chart.error)));
    if (!chart.labels.empty()) labels.push_back(rows.text(row, chart.labels));
    x.push_back(rounded(rows.at(row, chart.x)));
    y.push_back(chart.log && value.is_number() && value.get<double>() <= 0 ? json() : value);
    shown.push_back(hover_data(chart, rows, row));
  }
  json out{{"x", x}, {"y", y}, {"hovertemplate", hover_template(chart)}};
  if (!chart.hover[0].empty()) out["customdata"] = shown;
  if (!chart.error.empty()) out["error_y"] = {{"array", error}, {"color", "@soft"}, {"thickness", 1}};
  if (chart.kind == Kind::bars) out["type"] = "bar";
  if (chart.kind == Kind::lines) out["mode"] = "lines";
  if (chart.kind == Kind::points) out.update({{"mode", "markers"}, {"marker", {{"size", 7}}}});
  if (!chart.labels.empty())
    out.update(
        {{"mode", "markers+text"}, {"text", labels}, {"textposition", "top center"}, {"cliponaxis", false}});
  if (!chart.colour.empty()) out["marker"]["color"] = chart.colour;
  if (chart.colour == "@good") {
    out["marker"]["color"] = json::array();
    for (const json& value : y)
      out["marker"]["color"].push_back(value.is_number() && value.get<double>() < 0 ? "@bad" : "@good");
  }
  return out;
}

json traces(const Chart& chart, const Rows& rows, const Picked& picked) {
  if (chart.series.empty()) return {trace(chart, rows, picked)};
  json out = json::array();
  for (const std::string& name : distinct(rows, chart.series, picked)) {
    out.push_back(trace(chart, rows, having(rows, chart.series, name, picked)));
    const bool says_all = !name.empty() && std::isalpha(static_cast<unsigned char>(name[0]));
    out.back()["name"] = says_all ? name : fmt::format("{} {}", chart.series, name);
  }
  return out;
}

json layout(const Chart& chart, const Rows& rows) {
  json out{{"xaxis", {{"title", words(chart.x)}}}, {"yaxis", {{"title", words(chart.y)}}}};
  if (chart.kind == Kind::heatmap) {
    for (const char* axis : {"xaxis", "yaxis"}) out[axis].update({{"type", "category"}, {"showgrid", false}});
    out["yaxis"]["autorange"] = "reversed";
    if (!chart.x_names.empty()) {
      out["xaxis"]["tickangle"] = 0;
      std::map<std::string, std::string> names;  // of categories, which stand in the order of their rows
      for (std::size_t row = 0; row < rows.size(); ++row)
        names.emplace(rows.text(row, chart.x), rows.text(row, chart.x_names));
      for (const auto& [category, name] : names) {
        out["xaxis"]["tickvals"].push_back(category);
        out["xaxis"]["ticktext"].push_back(name);
      }
    }
  } else if (chart.kind == Kind::bars) {
    out["xaxis"]["type"] = "category";
  }
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (std::size_t row = 0; chart.log && row < rows.size(); ++row)
    if (const json value = as_number(rows.at(row, chart.y)); value.is_number() && value.get<double>() > 0) {
      least = std::min(least, value.get<double>());
      most = std::max(most, value.get<double>());
    }
  // A bar of the least value has a visible height.
  if (most > 0) out["yaxis"] = log_axis(words(chart.y), chart.kind == Kind::bars ? least / 10 : least, most);
  return out;
}

// Long names of bars stand upright, below them.
int height(const Chart& chart, const Rows& rows) {
  constexpr int kLow = 300, kHigh = 420;
  constexpr std::size_t kLong = 8;  // letters
  bool tall = chart.kind == Kind::heatmap;
  for (std::size_t row = 0; chart.kind == Kind::bars && row < rows.size(); ++row)
    tall |= rows.text(row, chart.x).size() > kLong;
  return tall ? kHigh : kLow;
}

// The drop-downs of a chart and the rows behind each combination of their options.
struct Groups {
  std::vector<Choice> choices;
  std::vector<Picked> picked;
};

Groups groups_of(const Chart& chart, const Rows& rows, const Picked& all) {
  Groups groups{{}, {all}};
  for (const std::string_view column : chart.choices) {
    if (column.empty()) continue;
    const auto options = distinct(rows, column, all);
    if (options.size() < 2) continue;
    groups.choices.push_back({words(column), options});
    std::vector<Picked> finer;
    for (const Picked& group : groups.picked)
      for (const std::string& option : options) finer.push_back(having(rows, column, option, group));
    groups.picked = std::move(finer);
  }
  return groups;
}

// The data of one combination of options, once for each column that can be the colour.
void add_variants(const Chart& chart, const Rows& rows, const Picked& group, json& variants) {
  if (chart.kind != Kind::heatmap) variants.push_back({{"data", traces(chart, rows, group)}});
  for (const std::string_view value : chart.values)
    if (!value.empty()) variants.push_back({{"data", heatmap(chart, rows, group, value)}});
}

}  // namespace

void draw(const Chart& chart, const json& record, Sheet& sheet) {
  const Rows rows(follow(record, chart.rows));
  Picked all(rows.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const bool something = std::ranges::any_of(all, [&](std::size_t row) {
    const json value = as_number(rows.at(row, chart.y));
    return chart.kind == Kind::heatmap || (value.is_number() && (!chart.log || value.get<double>() > 0));
  });
  if (!something) return;
  Groups groups = groups_of(chart, rows, all);
  Choice colour{"colour", {}};
  for (const std::string_view value : chart.values)
    if (!value.empty()) colour.options.push_back(words(value));
  if (colour.options.size() > 1) groups.choices.push_back(colour);
  json variants = json::array();
  for (const Picked& group : groups.picked) add_variants(chart, rows, group, variants);
  Figure figure{std::string(chart.id), std::string(chart.title), std::string(chart.text), {},
                layout(chart, rows),   height(chart, rows)};
  if (!groups.choices.empty()) return sheet.figure(figure, groups.choices, std::move(variants));
  figure.data = variants[0]["data"];
  sheet.figure(figure);
}

}  // namespace carryscope::reports
