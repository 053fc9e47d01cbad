#include "analysis/table.h"

#include "model/error.h"

namespace carryscope::analysis {
namespace {

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string field(const Json& value) {
  if (value.is_null()) return "";
  return field(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

Table::Table(const std::vector<Column>& columns) {
  json_["columns"] = Json::array();
  for (const Column& c : columns) json_["columns"].push_back({{"name", c.name}, {"unit", c.unit}});
  json_["rows"] = Json::array();
}

void Table::add(Json::array_t row) {
  model::ensure(row.size() == json_["columns"].size(), "a table's row has an entry for each column");
  json_["rows"].push_back(std::move(row));
}

bool is_table(const Json& value) {
  return value.is_object() && value.contains("columns") && value.contains("rows");
}

std::string csv(const Json& table) {
  std::string text;
  for (const Json& column : table["columns"]) {
    const auto name = column["name"].get<std::string>(), unit = column["unit"].get<std::string>();
    text += (text.empty() ? "" : ",") + field(unit.empty() ? name : name + " [" + unit + "]");
  }
  text += '\n';
  for (const Json& row : table["rows"]) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ",") + field(row[i]);
    text += '\n';
  }
  return text;
}

}  // namespace carryscope::analysis
