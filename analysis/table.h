// Table: the form in which an analysis writes rows, so that each is JSON and CSV alike.
//
// In a record:  {"columns": [{"name": "share", "unit": "share of attention"}, ...], "rows": [[...], ...]}.
// A unit is "" for names, digits and indices. Exact counts are decimal strings.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace carryscope::analysis {

using Json = nlohmann::ordered_json;

struct Column {
  std::string name, unit;
};

class Table {
 public:
  explicit Table(const std::vector<Column>& columns);
  void add(Json::array_t row);  // as many entries as there are columns: numbers, strings, booleans or null
  const Json& json() const { return json_; }

 private:
  Json json_;
};

bool is_table(const Json& value);

// "name [unit],...\n" and a line for each row; what needs quotes has them (RFC 4180), null is empty.
std::string csv(const Json& table);

}  // namespace carryscope::analysis
