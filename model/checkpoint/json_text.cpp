// The limits are enforced while parsing, before a hostile document has become a tree.
#include "model/checkpoint/json_text.h"

#include <cmath>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::model {
namespace {

constexpr int kDeepest = 16;
constexpr std::size_t kMostValues = 2'000'000;

// Called for every event of the parser; returns true to keep the value.
class Guard {
 public:
  explicit Guard(const std::string& where) : where_(where) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (++events_ > kMostValues)
      throw InputError(fmt::format("{}: more than {} values, expected a small model", where_, kMostValues));
    if (depth > kDeepest)
      throw InputError(
          fmt::format("{}: nested deeper than {}, expected a decoder JSON or a record", where_, kDeepest));
    if (event == Json::parse_event_t::object_start) keys_.emplace_back();
    if (event == Json::parse_event_t::object_end) keys_.pop_back();
    if (event == Json::parse_event_t::key && !keys_.back().insert(parsed.get<std::string>()).second)
      throw InputError(fmt::format("{}: field {} comes twice, expected once", where_,
                                   printable(parsed.get<std::string>())));
    return true;
  }

 private:
  const std::string& where_;
  std::size_t events_ = 0;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

Json parse_json(ByteView bytes, const std::string& where) {
  Guard guard(where);
  try {
    return Json::parse(
        bytes.begin(), bytes.end(),
        [&guard](int depth, Json::parse_event_t event, Json& parsed) { return guard(depth, event, parsed); });
  } catch (const Json::exception& error) {
    std::string reason = error.what();  // "[json.exception...] parse error at line 1, column 5: ..."
    if (const auto close = reason.find("] "); close != std::string::npos) reason.erase(0, close + 2);
    throw InputError(
        fmt::format("{}: no valid JSON ({}); the file is truncated or damaged", where, printable(reason)));
  }
}

void reject_json(const std::string& where, const std::string& field, const std::string& complaint) {
  throw InputError(fmt::format("{}: {} {}", where, printable(field), complaint));
}

JsonObject::JsonObject(const Json& json, const std::string& where, std::string field)
    : json_(json), where_(where), field_(std::move(field)) {
  if (!json.is_object())
    reject_json(where_, field_.empty() ? "the document" : field_,
                fmt::format("is {}, expected an object", json.type_name()));
}

std::string JsonObject::path(std::string_view key) const {
  return field_.empty() ? std::string(key) : fmt::format("{}.{}", field_, key);
}

void JsonObject::reject(std::string_view key, const std::string& complaint) const {
  reject_json(where_, path(key), complaint);
}

const Json& JsonObject::take(std::string_view key) {
  const auto found = json_.find(key);
  if (found == json_.end())
    reject(key, "is missing; the format requires every field, null where it does not apply");
  taken_.insert(std::string(key));
  return *found;
}

int JsonObject::integer(std::string_view key, int low, int high) {
  const Json& value = take(key);
  if (!value.is_number_integer()) reject(key, fmt::format("is {}, expected an integer", value.type_name()));
  const bool huge = value.is_number_unsigned() && value.get<std::uint64_t>() > 0x7fffffff;
  if (huge || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high)
    reject(key, fmt::format("is {}, expected {} to {}", value.dump(), low, high));
  return value.get<int>();
}

double JsonObject::real(std::string_view key) {
  const Json& value = take(key);
  if (!value.is_number()) reject(key, fmt::format("is {}, expected a number", value.type_name()));
  return value.get<double>();
}

bool JsonObject::boolean(std::string_view key) {
  const Json& value = take(key);
  if (!value.is_boolean()) reject(key, fmt::format("is {}, expected true or false", value.type_name()));
  return value.get<bool>();
}

std::string JsonObject::text(std::string_view key) {
  const Json& value = take(key);
  if (!value.is_string()) reject(key, fmt::format("is {}, expected a text", value.type_name()));
  return value.get<std::string>();
}

JsonObject JsonObject::object(std::string_view key) { return {take(key), where_, path(key)}; }

void JsonObject::finish() const {
  for (const auto& [key, value] : json_.items())
    if (!taken_.contains(key)) reject(key, "is no field of this format; remove it or check its spelling");
}

std::vector<double> json_vector(const Json& json, const std::string& where, const std::string& field) {
  if (!json.is_array())
    reject_json(where, field, fmt::format("is {}, expected a list of numbers", json.type_name()));
  std::vector<double> values;
  values.reserve(json.size());
  for (const Json& v : json) {
    if (!v.is_number())
      reject_json(where, fmt::format("{}[{}]", field, values.size()),
                  fmt::format("is {}, expected a number", v.type_name()));
    values.push_back(v.get<double>());
  }
  return values;
}

JsonMatrix json_matrix(const Json& json, const std::string& where, const std::string& field) {
  if (!json.is_array() || json.empty())
    reject_json(where, field,
                fmt::format("is {}, expected a list of rows", json.is_array() ? "empty" : json.type_name()));
  JsonMatrix matrix;
  for (const Json& row : json) {
    const std::string name = fmt::format("{}[{}]", field, matrix.rows);
    const std::vector<double> values = json_vector(row, where, name);
    if (matrix.rows == 0) matrix.cols = static_cast<int>(values.size());
    if (values.empty() || static_cast<int>(values.size()) != matrix.cols)
      reject_json(where, name,
                  fmt::format("has {} numbers, expected {} as in the first row", values.size(), matrix.cols));
    matrix.values.insert(matrix.values.end(), values.begin(), values.end());
    ++matrix.rows;
  }
  return matrix;
}

}  // namespace carryscope::model
