// JSON from an unknown source: parsed with limits on depth and number of values, keys that come twice
// refused, and read field by field so that each complaint names the field and no field is overlooked.
#pragma once

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/checkpoint/bytes.h"

namespace carryscope::model {

using Json = nlohmann::json;

// Throws InputError naming `where`: no JSON, nested deeper than 16, more than 2 million values.
Json parse_json(ByteView bytes, const std::string& where);

// An object whose fields are taken one by one; finish() refuses what is left over.
class JsonObject {
 public:
  // `field` is the object's own path in the document, empty at the root.
  JsonObject(const Json& json, const std::string& where, std::string field);

  const Json& take(std::string_view key);  // refuses where it is missing
  bool has(std::string_view key) const { return json_.contains(key); }
  int integer(std::string_view key, int low, int high);
  double real(std::string_view key);
  std::string text(std::string_view key);
  bool boolean(std::string_view key);
  JsonObject object(std::string_view key);
  void finish() const;

  std::string path(std::string_view key) const;
  const std::string& where() const { return where_; }
  [[noreturn]] void reject(std::string_view key, const std::string& complaint) const;

 private:
  const Json& json_;
  const std::string& where_;
  std::string field_;
  std::set<std::string, std::less<>> taken_;
};

[[noreturn]] void reject_json(const std::string& where, const std::string& field,
                              const std::string& complaint);

// Numbers of a list, of a list of equally long lists (row-major, with its row length).
std::vector<double> json_vector(const Json& json, const std::string& where, const std::string& field);
struct JsonMatrix {
  int rows = 0, cols = 0;
  std::vector<double> values;
};
JsonMatrix json_matrix(const Json& json, const std::string& where, const std::string& field);

}  // namespace carryscope::model
