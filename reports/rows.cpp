#include "reports/rows.h"

#include <algorithm>

#include <fmt/format.h>

#include "reports/numbers.h"

namespace carryscope::reports {

using nlohmann::json;

const json& follow(const json& from, std::string_view path) {
  if (path.empty()) return from;
  const std::size_t dot = std::min(path.find('.'), path.size());
  const json& inner = from.at(std::string(path.substr(0, dot)));
  return dot == path.size() ? inner : follow(inner, path.substr(dot + 1));
}

Rows::Rows(const json& rows) : rows_(rows.is_array() ? rows : rows.at("rows")) {
  if (rows.is_array()) return;
  for (const json& column : rows.at("columns"))
    columns_.emplace(column.at("name").get<std::string>(), columns_.size());
}

const json& Rows::at(std::size_t row, std::string_view column) const {
  if (columns_.empty()) return follow(rows_.at(row), column);
  const auto found = columns_.find(column);
  // at() of an object that lacks it says so as json does for every other field.
  return found == columns_.end() ? json::object().at(std::string(column)) : rows_.at(row).at(found->second);
}

std::string Rows::text(std::size_t row, std::string_view column) const { return as_text(at(row, column)); }

bool is_decimal(const json& entry) {
  return entry.is_string() && !entry.get_ref<const std::string&>().empty() &&
         entry.get_ref<const std::string&>().find_first_not_of("0123456789") == std::string::npos;
}

json as_number(const json& entry) {
  return is_decimal(entry) ? json(static_cast<double>(count(entry))) : entry;
}

json rounded(const json& value) {
  return value.is_number_float() ? json(std::stod(fmt::format("{:.5g}", value.get<double>()))) : value;
}

std::string as_text(const json& entry) {
  if (entry.is_number_float()) return number(entry.get<double>(), 5);
  if (is_decimal(entry)) return grouped(count(entry));
  if (entry.is_null()) return "all";
  return entry.is_string() ? entry.get<std::string>() : entry.dump();
}

std::string words(std::string_view column) {
  std::string name(column.substr(column.rfind('.') + 1));
  std::ranges::replace(name, '_', ' ');
  return name;
}

}  // namespace carryscope::reports
