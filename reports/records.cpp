#include "reports/records.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "reports/error.h"

namespace carryscope::reports {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw BadRecord(fmt::format("{}: could not be read; check its permissions", path.string()));
  return bytes;
}

json parse(const std::string& text, const std::string& where) {
  constexpr int kDeepest = 32;  // no record of ours is deeper, and no stack has to bear more
  const auto shallow = [&](int depth, json::parse_event_t, json&) {
    if (depth > kDeepest)
      throw BadRecord(
          fmt::format("{}: nested deeper than {}; expected a record of carryscope", where, kDeepest));
    return true;
  };
  json parsed = json::parse(text, shallow, false);
  if (parsed.is_discarded())
    throw BadRecord(fmt::format("{}: is no JSON; expected a record of carryscope, make it again", where));
  return parsed;
}

// A record as explain and certify write it; nothing where the file is some other JSON.
bool is_record(const json& candidate, const std::string& name, const std::string& where) {
  const std::string format = candidate.is_object() ? candidate.value("format", json()).dump() : "";
  const bool decoder = name == "model" && format == "\"carryscope-decoder\"";
  if (!decoder && format != "\"carryscope-" + name + "\"") return false;
  if (candidate.value("version", json()) != 1)
    throw BadRecord(fmt::format("{}: version: expected 1; make the record again with this program: {}", where,
                                command_for(name)));
  return true;
}

void read_json_files(const fs::path& folder, Records& records) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".json" || !entry.is_regular_file()) continue;
    const std::string where = entry.path().string(), name = entry.path().stem().string();
    const bool run = name == "run" || name == "result" || name == "sweep";
    json parsed = parse(content(entry.path()), where);
    if (run || is_record(parsed, name, where)) records.by_name[name] = std::move(parsed);
  }
}

// explain.json says which analyses refused the model, and why: {"refused": sentence} in the record's place.
void note_refusals(Records& records) {
  const json* const explain = records.find("explain");
  if (!explain || !explain->contains("analyses")) return;
  for (const json& row : explain->at("analyses"))
    if (row.is_object() && row.contains("refused") && row.at("refused").is_string() && row.contains("name"))
      records.by_name.try_emplace(row.at("name").get<std::string>(), json{{"refused", row.at("refused")}});
}

void read_lines(const fs::path& path, const std::string& name, Records& records) {
  if (!fs::is_regular_file(path)) return;
  std::istringstream lines(content(path));
  json list = json::array();
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);)
    if (++number; !line.empty())
      list.push_back(parse(line, fmt::format("{}: line {}", path.string(), number)));
  if (!list.empty()) records.by_name[name] = std::move(list);
}

void read_run(const fs::path& folder, Records& records) {
  read_json_files(folder, records);
  note_refusals(records);
  read_lines(folder / "metrics.jsonl", "metrics", records);
  read_lines(folder / "repair.jsonl", "repair", records);
}

// [{"seed": N, "metrics": [...], "result": {...} | null}] of the sub-folders seed-N, by N.
json read_seeds(const fs::path& folder) {
  std::map<int, fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory() || !name.starts_with("seed-") || name.size() > 13) continue;
    if (!std::ranges::all_of(name.substr(5), [](char c) { return c >= '0' && c <= '9'; })) continue;
    if (name.size() > 5) folders[std::stoi(name.substr(5))] = entry.path();
  }
  json seeds = json::array();
  for (const auto& [seed, path] : folders) {
    Records run;
    read_run(path, run);
    const auto take = [&run](std::string_view name) {
      const json* const found = run.find(name);
      return found ? *found : json();
    };
    seeds.push_back({{"seed", seed}, {"metrics", take("metrics")}, {"result", take("result")}});
  }
  return seeds;
}

}  // namespace

const json* Records::find(std::string_view record) const {
  const auto at = by_name.find(record);
  return at == by_name.end() ? nullptr : &at->second;
}

Records read_records(const std::string& folder) {
  Records records;
  try {
    const fs::path path = fs::path(folder).lexically_normal();
    records.name = (path.filename().empty() ? path.parent_path() : path).filename().string();
    read_run(path, records);
    const json* const decoder = records.find("model");
    if (decoder && decoder->contains("name") && decoder->at("name").is_string())
      records.name = decoder->at("name").get<std::string>();
    if (json seeds = read_seeds(path); !seeds.empty()) records.by_name["seeds"] = std::move(seeds);
  } catch (const fs::filesystem_error& error) {
    throw BadRecord(fmt::format("{}: could not be read ({}); expected a folder of records", folder,
                                error.code().message()));
  }
  return records;
}

std::optional<Records> read_sweep(const std::string& file) {
  if (!file.ends_with(".json")) return std::nullopt;
  json sweep = parse(content(file), file);
  if (!sweep.is_object() || !sweep.contains("seeds") || !sweep.contains("plan")) return std::nullopt;
  Records records;
  records.name = fs::path(file).stem().string();
  json seeds = json::array();
  for (const json& result : sweep["seeds"])
    seeds.push_back({{"seed", result.value("seed", json())}, {"metrics", nullptr}, {"result", result}});
  records.by_name["seeds"] = std::move(seeds);
  records.by_name["sweep"] = std::move(sweep);
  return records;
}

std::string command_for(std::string_view record) {
  constexpr std::pair<std::string_view, std::string_view> kOthers[] = {
      {"certify", "carryscope certify MODEL --json DIR/certify.json"},
      {"metrics", "carryscope train --preset 311 -o DIR"},
      {"progress", "carryscope train --snapshots -o DIR, then carryscope explain DIR -o DIR --only progress"},
      {"repair", "carryscope repair MODEL -o DIR"},
      {"seeds", "carryscope sweep --preset 311 --seeds 0-9 -o DIR"},
  };
  for (const auto& [name, command] : kOthers)
    if (name == record) return std::string(command);
  return fmt::format("carryscope explain MODEL -o DIR --only {}", record);
}

}  // namespace carryscope::reports
