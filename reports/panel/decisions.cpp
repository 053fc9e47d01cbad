// Decisions on the carry axis: for each sum at a step's place where its pairs lie, and around it the stretch
// on which its digit is proven to be answered. Bars lie along the axis, one row a sum.
#include <map>
#include <set>

#include <fmt/format.h>

#include "reports/panel/panel.h"
#include "reports/rows.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

constexpr int kNone = -1;  // the query reads no digit
constexpr std::string_view kText =
    "The carry axis is the direction of the attention output along which the sums a + b + carry of the "
    "step’s place "
    "are farthest apart. Each row is one sum and the digit it stands for; rows with the same a + b and "
    "another carry "
    "are neighbours. Dark: where all pairs of that sum lie (point at it for the pairs at its ends; with "
    "several "
    "heads, bounds). Light: the stretch on which the digit is proven to be answered, whatever the output’s "
    "other "
    "directions hold within the sum’s range.";

json bars(const char* name, const char* colour, double width, double opacity) {
  return {{"type", "bar"},
          {"orientation", "h"},
          {"name", name},
          {"x", json::array()},
          {"y", json::array()},
          {"base", json::array()},
          {"customdata", json::array()},
          {"width", width},
          {"opacity", opacity},
          {"marker", {{"color", colour}}},
          {"hovertemplate", "a + b + carry = %{y}<br>%{customdata}<extra></extra>"}};
}

std::string pair_text(const Rows& rows, std::size_t row, const std::string& end) {
  if (rows.at(row, end + "_a").is_null()) return "";
  return fmt::format(" ({} + {})", rows.at(row, end + "_a").dump(), rows.at(row, end + "_b").dump());
}

void add_bar(json& trace, const Rows& rows, std::size_t row, const std::string& low,
             const std::string& high) {
  const double from = rows.at(row, low), to = rows.at(row, high);
  const bool ends = low == "low";
  trace["x"].push_back(rounded(to - from));
  trace["y"].push_back(rows.at(row, "sum"));
  trace["base"].push_back(rounded(from));
  trace["customdata"].push_back(fmt::format("{}: {}{} to {}{}", trace["name"].get<std::string>(),
                                            number(from, 6), ends ? pair_text(rows, row, "low") : "",
                                            number(to, 6), ends ? pair_text(rows, row, "high") : ""));
}

json variant(const Rows& rows, const std::vector<std::size_t>& classes) {
  json answered = bars("digit answered, proven", "@accent", 0.9, 0.3),
       attained = bars("where the pairs lie", "@accent", 0.5, 1.0),
       open = bars("where the pairs lie, digit not proven", "@bad", 0.5, 1.0);
  json sums = json::array(), names = json::array();
  for (const std::size_t row : classes) {
    const bool proven = rows.at(row, "answered_low").is_number();
    if (proven) add_bar(answered, rows, row, "answered_low", "answered_high");
    add_bar(proven ? attained : open, rows, row, "low", "high");
    sums.push_back(rows.at(row, "sum"));
    names.push_back(fmt::format("{} → {}", rows.at(row, "sum").dump(), rows.at(row, "digit").dump()));
  }
  json data = json::array();
  for (json* trace : {&answered, &attained, &open})
    if (!(*trace)["x"].empty()) data.push_back(std::move(*trace));
  return {{"data", data}, {"layout", {{"yaxis", {{"tickvals", sums}, {"ticktext", names}}}}}};
}

// The rows of each step and digit that its query reads.
struct Queries {
  std::map<std::pair<int, int>, std::vector<std::size_t>> classes;  // {step, digit read}
  std::set<int> steps, digits;

  explicit Queries(const Rows& rows) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const json& digit = rows.at(r, "query_digit");
      const int step = rows.at(r, "step"), read = digit.is_null() ? kNone : digit.get<int>();
      classes[{step, read}].push_back(r);
      steps.insert(step);
      if (read != kNone) digits.insert(read);
    }
    if (digits.empty()) digits.insert(kNone);
  }
  // A step that reads no digit has the same for each.
  std::vector<std::size_t> at(int step, int digit) const {
    for (const int read : {digit, kNone})
      if (const auto found = classes.find({step, read}); found != classes.end()) return found->second;
    return {};
  }
};

Table summary(const Rows& rows) {
  Table table{
      "decision-steps",
      "Over all digits that a step may read last: of the sums that occur, how many are proven; how often "
      "neighbouring sums overlap on the axis; the least proven distance from a pair to where another "
      "digit may be answered",
      {{"Step"},
       {"Place", true},
       {"Sums", true},
       {"Proven", true},
       {"Overlaps", true},
       {"Least distance", true},
       {"There: digit read", true},
       {"Sum", true}},
      {}};
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Row row;
    for (const char* column :
         {"step", "place", "classes", "proven", "overlaps", "slack", "query_digit", "sum"})
      row.cells.push_back(cell(rows.at(r, column)));
    if (rows.at(r, "slack").is_number())
      row.cells[5] = fmt::format("{:.4f}", rows.at(r, "slack").get<double>());
    table.rows.push_back(row);
  }
  return table;
}

}  // namespace

void draw_decisions(const json& record, const Records&, Sheet& sheet) {
  const Rows rows(record.at("intervals"));
  const Queries queries(rows);
  Choice steps{"step", {}}, digits{"last digit read", {}};
  json variants = json::array();
  for (const int digit : queries.digits)
    digits.options.push_back(digit == kNone ? "none" : std::to_string(digit));
  for (const int step : queries.steps) {
    steps.options.push_back(std::to_string(step));
    for (const int digit : queries.digits) variants.push_back(variant(rows, queries.at(step, digit)));
  }
  sheet.figure({"decisions",
                "Decisions on the carry axis",
                std::string(kText),
                {},
                {{"barmode", "overlay"},
                 {"showlegend", true},
                 {"xaxis", {{"title", "on the carry axis (residual units)"}}},
                 {"yaxis",
                  {{"title", "a + b + carry → digit"},
                   {"autorange", "reversed"},
                   {"showgrid", false},
                   {"zeroline", false}}}},
                520},
               {steps, digits}, std::move(variants));
  sheet.table(summary(Rows(record.at("steps"))));
  draw_tables(record, {}, sheet);
}

}  // namespace carryscope::reports
