// Rows: a record's rows by column, and an entry as number or text.
//
// Rows are a list of objects, where a column is a name or a path ("pairs.wrong"), or an analysis's table
// {"columns": [{"name", "unit"}], "rows": [[...], ...]}. Decimal strings count as numbers.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace carryscope::reports {

// What a path leads to; the value itself where it is empty. Throws json::exception.
const nlohmann::json& follow(const nlohmann::json& from, std::string_view path);

class Rows {
 public:
  explicit Rows(const nlohmann::json& rows);  // which must outlive this
  std::size_t size() const { return rows_.size(); }
  // Throws json::exception where there is no such column.
  const nlohmann::json& at(std::size_t row, std::string_view column) const;
  std::string text(std::size_t row, std::string_view column) const;

 private:
  const nlohmann::json& rows_;
  std::map<std::string, std::size_t, std::less<>> columns_;
};

bool is_decimal(const nlohmann::json& entry);           // text of nothing but digits
nlohmann::json as_number(const nlohmann::json& entry);  // decimal text as a double, others as they are
nlohmann::json rounded(const nlohmann::json& value);    // to five digits: more than a picture shows
std::string as_text(const nlohmann::json& entry);       // counts grouped; "all" for null
std::string words(std::string_view column);             // "pairs.first_failures" -> "first failures"

}  // namespace carryscope::reports
