// Any record, as it is: its numbers and texts as a list, its tables folded. For records that no figure draws,
// and beneath those that one does.
#include <algorithm>

#include <fmt/format.h>

#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kRows = 50;           // shown of one table; the record has them all
constexpr std::string_view kSeconds = "s";  // of columns that differ from run to run: the page must not

bool is_table(const json& value) {
  return value.is_object() && value.contains("columns") && value.contains("rows") && value["rows"].is_array();
}

bool is_decimal(const std::string& text) {
  return text.size() > 3 && text.size() <= 38 && text.find_first_not_of("0123456789") == std::string::npos;
}

// carry_in -> "carry in"
std::string words(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return escape(name);
}

std::string unit_of(const json& column) { return column.value("unit", std::string()); }

Table table_of(const std::string& id, const std::string& name, const json& value) {
  const json& rows = value.at("rows");
  Table out{id, words(name), {}, {}};
  if (rows.size() > kRows)
    out.caption += fmt::format(", the first {} of {} rows", kRows, grouped(rows.size()));
  std::vector<std::size_t> shown;
  for (std::size_t c = 0; c < value.at("columns").size(); ++c) {
    const json& column = value["columns"][c];
    const std::string unit = unit_of(column);
    if (unit == kSeconds) continue;
    shown.push_back(c);
    out.columns.push_back({words(column.at("name").get<std::string>()) +
                           (unit.empty() ? "" : "<br><small>" + escape(unit) + "</small>")});
  }
  for (std::size_t r = 0; r < std::min(rows.size(), kRows); ++r) {
    Row row;
    for (std::size_t c = 0; c < shown.size(); ++c) {
      const json& entry = rows[r].at(shown[c]);
      const bool is_count = entry.is_string() && is_decimal(entry.get_ref<const std::string&>());
      if (r == 0) out.columns[c].numeric = entry.is_number() || is_count;
      row.cells.push_back(cell(entry));
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

class Walk {
 public:
  Walk(std::string id, Sheet& sheet) : id_(std::move(id)), sheet_(sheet) {}

  void visit(const std::string& name, const json& value) {
    if (is_table(value)) {
      if (!value["rows"].empty())
        sheet_.folded(words(name) + fmt::format(" ({})", counted(value["rows"].size(), "row")),
                      table_of(fmt::format("{}-{}", id_, ++tables_), name, value));
    } else if (value.is_object()) {
      for (const auto& [key, inner] : value.items()) visit(name.empty() ? key : name + ", " + key, inner);
    } else if (value.is_string() && value.get_ref<const std::string&>().find('\n') != std::string::npos) {
      sheet_.html(fmt::format("<details><summary>{}</summary><pre class=code tabindex=0>{}</pre></details>\n",
                              words(name), escape(value.get<std::string>())));
    } else if (!value.is_array() && !value.is_null()) {
      facts_ += fmt::format("<dt>{}</dt><dd>{}</dd>", words(name), cell(value));
    }
  }
  void finish() {
    if (!facts_.empty())
      sheet_.html("<details><summary>Figures</summary><dl class=list>" + facts_ + "</dl></details>\n");
  }

 private:
  std::string id_, facts_;
  Sheet& sheet_;
  int tables_ = 0;
};

}  // namespace

std::string cell(const json& value) {
  if (value.is_null()) return "";
  if (value.is_number_float()) return number(value.get<double>(), 5);
  if (!value.is_string()) return escape(value.dump());
  const auto& text = value.get_ref<const std::string&>();
  return is_decimal(text) ? grouped(count(value)) : escape(text);
}

void draw_tables(const json& record, const Records&, Sheet& sheet) {
  std::string id = record.value("format", std::string("record"));
  Walk walk(id.substr(id.find('-') + 1), sheet);
  for (const auto& [key, value] : record.items())
    if (key != "format" && key != "version" && key != "model" && key != "record") walk.visit(key, value);
  walk.finish();
}

}  // namespace carryscope::reports
