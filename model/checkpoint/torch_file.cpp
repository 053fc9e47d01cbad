// From a pickle's description of tensors to their numbers, every extent checked against the storage
// that the archive really holds.
#include "model/checkpoint/torch_file.h"

#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "model/checkpoint/model_config.h"
#include "model/checkpoint/unpickler.h"
#include "model/checkpoint/zip_reader.h"
#include "model/error.h"

namespace carryscope::model {
namespace {

using Kind = PickleNode::Kind;

constexpr std::int64_t kMostElements = std::int64_t{1} << 22;

struct Storage {
  std::string_view type;
  std::size_t element;  // bytes
};
constexpr Storage kStorages[] = {
    {"torch.FloatStorage", 4}, {"torch.DoubleStorage", 8}, {"torch.LongStorage", 8}, {"torch.IntStorage", 4}};

// `index`-th element of a storage as a double; integers of a checkpoint are small.
double element(std::string_view type, ByteView bytes, std::size_t index) {
  const bool wide = type == "torch.DoubleStorage" || type == "torch.LongStorage";
  std::uint64_t bits = 0;
  const std::size_t size = wide ? 8 : 4;
  for (std::size_t i = 0; i < size; ++i)
    bits |= static_cast<std::uint64_t>(bytes[index * size + i]) << (8 * i);
  if (type == "torch.DoubleStorage") return std::bit_cast<double>(bits);
  if (type == "torch.FloatStorage")
    return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  if (type == "torch.LongStorage") return static_cast<double>(static_cast<std::int64_t>(bits));
  return static_cast<double>(static_cast<std::int32_t>(bits));
}

struct Read {
  Tensor tensor;
  std::string_view type;
};

class File {
 public:
  File(ByteView bytes, std::string where) : where_(std::move(where)), zip_(bytes, where_) {
    const ZipEntry* pickle = nullptr;
    for (const ZipEntry& entry : zip_.entries())
      if (entry.name == "data.pkl" || entry.name.ends_with("/data.pkl")) {
        if (pickle != nullptr)
          throw InputError(where_ + ": two entries data.pkl, expected one as torch.save writes it");
        pickle = &entry;
      }
    if (pickle == nullptr)
      throw InputError(where_ + ": a zip without data.pkl, expected a checkpoint of torch.save");
    prefix_ = pickle->name.substr(0, pickle->name.size() - std::string_view("data.pkl").size());
    if (const ZipEntry* order = zip_.find(prefix_ + "byteorder");
        order != nullptr && text(*order) != "little")
      throw InputError(where_ + ": byteorder is not little; save it again on a little-endian machine");
    pickle_ = unpickle(zip_.read(*pickle), where_ + ": data.pkl");
    if (root().kind != Kind::dict)
      throw InputError(
          fmt::format("{}: holds a {}, expected the dictionary model_state, model_config, step, val_exact, "
                      "params",
                      where_, kind_name(root().kind)));
  }

  const PickleNode& root() const { return *pickle_; }
  const Pickle& pickle() const { return pickle_; }

  const PickleNode& dictionary(std::string_view key) const {
    const PickleNode* found = pickle_.find(root(), key);
    if (found == nullptr)
      throw InputError(
          fmt::format("{}: {} is missing, expected the dictionary model_state, model_config, step, "
                      "val_exact, params",
                      where_, key));
    if (found->kind != Kind::dict)
      throw InputError(
          fmt::format("{}: {} is a {}, expected a dictionary", where_, key, kind_name(found->kind)));
    return *found;
  }

  Read tensor(const std::string& name, const PickleNode& node) const;

 private:
  std::string text(const ZipEntry& entry) const {
    const Bytes bytes = zip_.read(entry);
    return std::string(as_text(bytes));
  }
  Bytes storage(const std::string& field, const PickleNode& node, std::size_t element_size) const;

  std::string where_;
  ZipReader zip_;
  std::string prefix_;
  Pickle pickle_;
};

Bytes File::storage(const std::string& field, const PickleNode& node, std::size_t element_size) const {
  const ZipEntry* entry = zip_.find(prefix_ + "data/" + node.text);
  if (entry == nullptr)
    throw InputError(fmt::format("{}: its storage data/{} is missing from the archive; the file is damaged",
                                 field, printable(node.text)));
  if (node.integer < 0 || node.integer > kMostElements ||
      entry->size != static_cast<std::size_t>(node.integer) * element_size)
    throw InputError(fmt::format("{}: its storage data/{} has {} bytes, expected {} numbers of {} bytes",
                                 field, printable(node.text), entry->size, node.integer, element_size));
  return zip_.read(*entry);
}

Read File::tensor(const std::string& name, const PickleNode& node) const {
  const std::string field = fmt::format("{}: tensor {}", where_, printable(name));
  if (node.kind != Kind::tensor)
    throw InputError(fmt::format("{} is a {}, expected a tensor", field, kind_name(node.kind)));
  const PickleNode& storage_node = pickle_.at(node.items[0]);
  const std::string_view type = pickle_.at(storage_node.items[0]).text;
  const Storage* known = nullptr;
  for (const Storage& s : kStorages)
    if (s.type == type) known = &s;
  if (known == nullptr) throw InputError(fmt::format("{}: {} is no type of tensor storage", field, type));
  const Bytes bytes = storage(field, storage_node, known->element);

  const auto& shape = pickle_.at(node.items[2]).items;
  const auto& stride = pickle_.at(node.items[3]).items;
  if (shape.size() > 2 || stride.size() != shape.size())
    throw InputError(fmt::format("{} has {} dimensions and {} strides, expected a vector or a matrix", field,
                                 shape.size(), stride.size()));
  Read read{{printable(name), {}, {}}, type};
  std::int64_t extent[2] = {1, 1}, step[2] = {0, 0}, last = pickle_.at(node.items[1]).integer;
  bool inside = last >= 0 && last < storage_node.integer;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    extent[i] = pickle_.at(shape[i]).integer;
    step[i] = pickle_.at(stride[i]).integer;
    inside = inside && extent[i] > 0 && extent[i] <= storage_node.integer && step[i] >= 0 &&
             step[i] <= storage_node.integer;
    if (inside) last += (extent[i] - 1) * step[i];
    read.tensor.shape.push_back(static_cast<int>(inside ? extent[i] : 0));
  }
  // A view that shows some number twice could ask for far more memory than the file has.
  if (!inside || last >= storage_node.integer || extent[0] * extent[1] > storage_node.integer)
    throw InputError(
        fmt::format("{} reaches outside its storage of {} numbers; the file is damaged or hostile", field,
                    storage_node.integer));
  const std::int64_t offset = pickle_.at(node.items[1]).integer;
  for (std::int64_t r = 0; r < extent[0]; ++r)
    for (std::int64_t c = 0; c < extent[1]; ++c)
      read.tensor.values.push_back(
          element(type, bytes, static_cast<std::size_t>(offset + r * step[0] + c * step[1])));
  return read;
}

// The form in which floating-point numbers are written (torch_file.h).
double scalar(const File& file, const std::string& key, const PickleNode& node, const std::string& where) {
  const Read read = file.tensor(key, node);
  if (read.tensor.values.size() != 1)
    throw InputError(fmt::format("{}: {} is a tensor of {} numbers, expected one number", where,
                                 printable(key), read.tensor.values.size()));
  return read.tensor.values[0];
}

Settings settings(const File& file, const PickleNode& dict, const std::string& where) {
  constexpr std::size_t kMostKeys = 64;
  if (dict.items.size() > 2 * kMostKeys)
    throw InputError(
        fmt::format("{}: model_config has {} keys, expected about 13", where, dict.items.size() / 2));
  Settings list;
  for (std::size_t i = 0; i < dict.items.size(); i += 2) {
    const PickleNode &key = file.pickle().at(dict.items[i]), &value = file.pickle().at(dict.items[i + 1]);
    if (key.kind != Kind::text) throw InputError(where + ": model_config has a key that is no text");
    switch (value.kind) {
      case Kind::boolean:
        list.emplace_back(key.text, value.integer != 0);
        break;
      case Kind::integer:
        list.emplace_back(key.text, value.integer);
        break;
      case Kind::real:
        list.emplace_back(key.text, value.real);
        break;
      case Kind::text:
        list.emplace_back(key.text, value.text);
        break;
      case Kind::tensor:
        list.emplace_back(key.text, scalar(file, key.text, value, where));
        break;
      default:
        throw InputError(fmt::format("{}: model_config: {} is a {}, expected a number, text or truth value",
                                     where, key.text, kind_name(value.kind)));
    }
  }
  return list;
}

// A number that may be absent, None, a plain number or a tensor of one element.
std::optional<double> number(const File& file, const std::string& key, const std::string& where) {
  const PickleNode* node = file.pickle().find(file.root(), key);
  if (node == nullptr || node->kind == Kind::none) return std::nullopt;
  if (node->kind == Kind::integer) return static_cast<double>(node->integer);
  if (node->kind == Kind::real) return node->real;
  if (node->kind == Kind::tensor) return scalar(file, key, *node, where);
  throw InputError(fmt::format("{}: {} is a {}, expected one number", where, key, kind_name(node->kind)));
}

Precision precision_of(const Read& read, const std::string& where) {
  if (read.type == "torch.FloatStorage") return Precision::float32;
  if (read.type == "torch.DoubleStorage") return Precision::float64;
  throw InputError(fmt::format("{}: tensor {} is a {}, expected float32 or float64 numbers", where,
                               read.tensor.name, read.type));
}

Factored read_model(const File& file, const std::string& where) {
  const Config config = config_from(settings(file, file.dictionary("model_config"), where), where);
  const PickleNode& state = file.dictionary("model_state");
  std::optional<Precision> stored;
  std::vector<Tensor> tensors;
  constexpr std::size_t kMostTensors = 256;
  if (state.items.size() > 2 * kMostTensors)
    throw InputError(fmt::format("{}: model_state holds {} tensors, expected a one-layer model of about 20",
                                 where, state.items.size() / 2));
  for (std::size_t i = 0; i < state.items.size(); i += 2) {
    const PickleNode& name = file.pickle().at(state.items[i]);
    if (name.kind != Kind::text) throw InputError(where + ": model_state has a key that is no text");
    Read read = file.tensor(name.text, file.pickle().at(state.items[i + 1]));
    const Precision precision = precision_of(read, where);
    if (stored && *stored != precision)
      throw InputError(fmt::format(
          "{}: tensor {} has another precision than the one before it, expected all float32 or all "
          "float64",
          where, name.text));
    stored = precision;
    tensors.push_back(std::move(read.tensor));
  }
  return assemble(config, stored.value_or(Precision::float32), std::move(tensors), where);
}

}  // namespace

Checkpoint read_torch(ByteView bytes, const std::string& where) {
  const File file(bytes, where);
  Checkpoint checkpoint;
  checkpoint.factored = read_model(file, where);
  checkpoint.val_exact = number(file, "val_exact", where);
  if (const auto step = number(file, "step", where)) {
    if (!(*step >= 0 && *step <= 0x1p53) || *step != std::floor(*step))
      throw InputError(fmt::format("{}: step is {}, expected a whole number from 0 up", where, *step));
    checkpoint.step = static_cast<std::int64_t>(*step);
  }
  if (const auto params = number(file, "params", where);
      params && *params != parameters(checkpoint.factored->config))
    throw InputError(
        fmt::format("{}: params is {}, but the tensors hold {} numbers; the file contradicts itself", where,
                    *params, parameters(checkpoint.factored->config)));
  return checkpoint;
}

}  // namespace carryscope::model
