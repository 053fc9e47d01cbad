// The header is believed only where it describes exactly the bytes that follow it.
#include "model/checkpoint/safetensors.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "model/checkpoint/json_text.h"
#include "model/checkpoint/model_config.h"
#include "model/error.h"

namespace carryscope::model {
namespace {

constexpr std::string_view kFormat = "carryscope-factored";
constexpr std::size_t kMostTensors = 256;

struct Described {
  Tensor tensor;
  Precision precision = Precision::float32;
  std::uint64_t begin = 0, end = 0;
};

std::size_t element_size(Precision precision) { return precision == Precision::float32 ? 4 : 8; }

std::vector<std::uint64_t> naturals(const Json& json, const std::string& where, const std::string& field) {
  if (!json.is_array()) reject_json(where, field, "is no list of integers");
  std::vector<std::uint64_t> list;
  for (const Json& v : json) {
    if (!v.is_number_unsigned()) reject_json(where, field, "holds something that is no integer from 0 up");
    list.push_back(v.get<std::uint64_t>());
  }
  return list;
}

Described describe(const std::string& name, const Json& json, std::size_t data, const std::string& where) {
  const std::string field = "tensor " + printable(name);
  JsonObject in(json, where, field);
  Described d;
  d.tensor.name = printable(name);
  const std::string dtype = in.text("dtype");
  if (dtype != "F32" && dtype != "F64")
    in.reject("dtype", fmt::format("is '{}', expected F32 or F64", printable(dtype)));
  d.precision = dtype == "F32" ? Precision::float32 : Precision::float64;
  const auto shape = naturals(in.take("shape"), where, in.path("shape"));
  const auto offsets = naturals(in.take("data_offsets"), where, in.path("data_offsets"));
  in.finish();
  if (shape.empty() || shape.size() > 2)
    in.reject("shape", fmt::format("has {} extents, expected 1 or 2", shape.size()));
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape) {
    if (extent == 0 || extent > data / count) in.reject("shape", "asks for more numbers than the file holds");
    count *= extent;
    d.tensor.shape.push_back(static_cast<int>(extent));
  }
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data ||
      offsets[1] - offsets[0] != count * element_size(d.precision))
    in.reject("data_offsets", fmt::format("is no range of {} bytes inside the file's {} bytes of data",
                                          count * element_size(d.precision), data));
  d.begin = offsets[0];
  d.end = offsets[1];
  return d;
}

void fill(Described& d, ByteView data, const std::string& where) {
  Cursor cursor(data.subspan(d.begin, d.end - d.begin), where);
  while (cursor.left() > 0)
    d.tensor.values.push_back(d.precision == Precision::float32
                                  ? static_cast<double>(std::bit_cast<float>(cursor.u32()))
                                  : std::bit_cast<double>(cursor.u64()));
}

// The ranges must tile the data: no gap can hide anything, no byte is read twice.
void refuse_gaps(std::vector<Described>& list, std::size_t data, const std::string& where) {
  std::sort(list.begin(), list.end(),
            [](const Described& a, const Described& b) { return a.begin < b.begin; });
  std::uint64_t at = 0;
  for (const Described& d : list) {
    if (d.begin != at)
      throw InputError(
          fmt::format("{}: tensor {} starts at byte {} of the data, expected {}: tensors may not overlap or "
                      "leave gaps",
                      where, d.tensor.name, d.begin, at));
    at = d.end;
  }
  if (at != data)
    throw InputError(
        fmt::format("{}: {} bytes of data follow the last tensor, expected none", where, data - at));
}

Settings settings(const Json& json, const std::string& where) {
  Settings list;
  for (const auto& [key, value] : json.items()) {
    if (value.is_boolean())
      list.emplace_back(key, value.get<bool>());
    else if (value.is_number_unsigned() && value.get<std::uint64_t>() > 0x7fffffff)
      reject_json(where, "model_config: " + key, "is larger than any extent of a model");
    else if (value.is_number_integer())
      list.emplace_back(key, value.get<std::int64_t>());
    else if (value.is_number())
      list.emplace_back(key, value.get<double>());
    else if (value.is_string())
      list.emplace_back(key, value.get<std::string>());
    else
      reject_json(where, "model_config: " + key, "is no number, text or truth value");
  }
  return list;
}

Config read_metadata(const Json& header, Checkpoint& checkpoint, const std::string& where) {
  const auto found = header.find("__metadata__");
  if (found == header.end())
    throw InputError(
        where +
        ": __metadata__ is missing, expected the model's configuration in it; only files that this "
        "program wrote say what their model is");
  JsonObject in(*found, where, "__metadata__");
  if (const std::string format = in.text("format"); format != kFormat)
    in.reject(
        "format",
        fmt::format("is '{}', expected '{}'; only files that this program wrote say what their model is",
                    printable(format), kFormat));
  const std::string config = in.text("model_config");
  const Json parsed = parse_json(as_bytes(config), where + ": __metadata__.model_config");
  if (!parsed.is_object()) in.reject("model_config", "is no JSON object");
  if (in.has("step")) {
    const std::string text = in.text("step");
    const Json step = parse_json(as_bytes(text), where + ": __metadata__.step");
    if (!step.is_number_unsigned() || step.get<std::uint64_t>() > std::uint64_t{1} << 53)
      in.reject("step", "is no whole number from 0 up");
    checkpoint.step = step.get<std::int64_t>();
  }
  if (in.has("val_exact")) {
    const std::string text = in.text("val_exact");
    const Json value = parse_json(as_bytes(text), where + ": __metadata__.val_exact");
    if (!value.is_number()) in.reject("val_exact", "is no number");
    checkpoint.val_exact = value.get<double>();
  }
  in.finish();
  return config_from(settings(parsed, where), where);
}

}  // namespace

bool looks_like_safetensors(ByteView bytes) {
  if (bytes.size() < 10 || bytes[8] != '{') return false;
  return Cursor(bytes, "").u64() <= kLargestFile;
}

Checkpoint read_safetensors(ByteView bytes, const std::string& where) {
  Cursor cursor(bytes, where);
  const ByteView text = cursor.take(cursor.u64());
  const ByteView data = cursor.take(cursor.left());
  const Json header = parse_json(text, where + ": header");
  if (!header.is_object() || header.size() > kMostTensors)
    throw InputError(where +
                     ": the header is no object of a few tensors; the file is damaged or no small adder");
  Checkpoint checkpoint;
  const Config config = read_metadata(header, checkpoint, where);
  std::vector<Described> list;
  for (const auto& [name, json] : header.items())
    if (name != "__metadata__") list.push_back(describe(name, json, data.size(), where));
  refuse_gaps(list, data.size(), where);
  std::vector<Tensor> tensors;
  for (Described& d : list) {
    if (d.precision != list.front().precision)
      throw InputError(fmt::format("{}: tensor {} has another dtype than {}, expected one dtype for all",
                                   where, d.tensor.name, list.front().tensor.name));
    fill(d, data, where);
    tensors.push_back(std::move(d.tensor));
  }
  const Precision stored = list.empty() ? Precision::float32 : list.front().precision;
  checkpoint.factored = assemble(config, stored, std::move(tensors), where);
  return checkpoint;
}

std::string write_safetensors(const Checkpoint& checkpoint) {
  ensure(checkpoint.factored.has_value(), "only factored models are written as safetensors");
  const Factored& model = *checkpoint.factored;
  Json config = Json::object();
  for (const auto& [key, setting] : settings_of(model.config))
    std::visit([&slot = config[key]](const auto& value) { slot = value; }, setting);
  Json header = Json::object();
  Json& metadata = header["__metadata__"] = Json::object();
  metadata["format"] = kFormat;
  metadata["model_config"] = config.dump();
  if (checkpoint.step) metadata["step"] = Json(*checkpoint.step).dump();
  if (checkpoint.val_exact) metadata["val_exact"] = Json(*checkpoint.val_exact).dump();
  std::string data;
  for (const Tensor& tensor : model.tensors) {
    const std::size_t begin = data.size();
    for (const double v : tensor.values)
      if (model.stored == Precision::float32)
        put_little(data, std::bit_cast<std::uint32_t>(static_cast<float>(v)), 4);
      else
        put_little(data, std::bit_cast<std::uint64_t>(v), 8);
    header[tensor.name] = {{"dtype", model.stored == Precision::float32 ? "F32" : "F64"},
                           {"shape", tensor.shape},
                           {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // the data starts aligned, as the format asks
  std::string out;
  put_little(out, text.size(), 8);
  return out + text + data;
}

}  // namespace carryscope::model
