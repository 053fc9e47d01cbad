#include "reports/exact_error.h"

#include <algorithm>

#include "reports/numbers.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

json rate_axis(const json& lines) {
  double least = 0.1;
  for (const json& line : lines) least = std::min(least, drawn_rate(line.at("exact"), "at_least"));
  return log_axis("wrong share of all pairs", least, 1);
}

}  // namespace

std::string bracket(const json& exact) {
  const Count low = count(exact.at("at_least")), high = count(exact.at("at_most"));
  return low == high ? grouped(low) : grouped(low) + " to " + grouped(high);
}

double drawn_rate(const json& exact, const char* end) {
  const Count total = count(exact.at("total"));
  return std::max(ratio(count(exact.at(end)), total), 0.1 / static_cast<double>(total));
}

Figure exact_error_figure(const std::string& id, const json& lines, const char* along,
                          const std::string& text) {
  json x = json::array(), low = json::array(), high = json::array();
  for (const json& line : lines) {
    x.push_back(line.at(along));
    low.push_back(drawn_rate(line.at("exact"), "at_least"));
    high.push_back(drawn_rate(line.at("exact"), "at_most"));
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

}  // namespace carryscope::reports
