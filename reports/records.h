// Records: what other commands wrote about one model or one training run, by name.
//
// An explanation's folder holds NAME.json, each {"format": "carryscope-NAME", "version": 1, ...}; `model` is
// the decoder JSON. A run's folder holds files without a format (docs/training.md): run.json and result.json
// become records `run` and `result`, the lines of metrics.jsonl and repair.jsonl lists under `metrics` and
// `repair`, sub-folders seed-N the list `seeds`. Where explain.json says that
// an analysis refused the model, its record is {"refused": sentence}. Nothing is computed here, and no field
// is checked: a panel does that for the record that it draws.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace carryscope::reports {

struct Records {
  std::string name;  // of the model, as a title
  std::map<std::string, nlohmann::json, std::less<>> by_name;

  // Null where it is missing.
  const nlohmann::json* find(std::string_view record) const;
};

// Throws BadRecord naming the file: not readable, no JSON, another format or version. A folder without
// any record gives an empty result.
Records read_records(const std::string& folder);

// A sweep as one file, as `carryscope sweep --json` writes it: records `seeds` and `sweep`. Nothing where the
// file is anything else. Throws BadRecord where it cannot be read.
std::optional<Records> read_sweep(const std::string& file);

// The command that makes a record: "carryscope explain MODEL -o DIR --only circuit".
std::string command_for(std::string_view record);

}  // namespace carryscope::reports
