// write_torch(): a pickle of protocol 2 in a stored zip, as torch.save lays it out.
// Only opcodes that torch 1.13's weights-only unpickler knows; see torch_file.h on numbers.
#include <zlib.h>

#include <bit>

#include <fmt/format.h>

#include "model/checkpoint/model_config.h"
#include "model/checkpoint/torch_file.h"
#include "model/error.h"

namespace carryscope::model {
namespace {

constexpr std::string_view kFolder = "checkpoint/";

// Opcodes by name; every method leaves one value on the unpickler's stack.
class Pickler {
 public:
  Pickler() { out_ += "\x80\x02"; }

  void none() { out_ += 'N'; }
  void truth(bool value) { out_ += value ? '\x88' : '\x89'; }
  void integer(std::int64_t value) {
    if (value >= INT32_MIN && value <= INT32_MAX) {
      out_ += 'J';
      put_little(out_, static_cast<std::uint32_t>(static_cast<std::int32_t>(value)), 4);
    } else {
      out_ += "\x8a\x08";
      put_little(out_, static_cast<std::uint64_t>(value), 8);
    }
  }
  void text(std::string_view value) {
    out_ += 'X';
    put_little(out_, value.size(), 4);
    out_ += value;
  }
  void global(std::string_view module, std::string_view name) {
    out_ += fmt::format("c{}\n{}\n", module, name);
  }
  void mark() { out_ += '('; }
  void tuple() { out_ += 't'; }  // of everything since the mark
  void dict() { out_ += "}("; }  // then keys and values, then end_dict()
  void ordered_dict() {
    global("collections", "OrderedDict");
    out_ += ")R(";
  }
  void end_dict() { out_ += 'u'; }
  void integers(const std::vector<int>& values) {
    mark();
    for (const int v : values) integer(v);
    tuple();
  }

  // A contiguous tensor that fills a storage.
  void tensor(std::string_view storage_type, std::string_view key, std::size_t count,
              const std::vector<int>& shape) {
    std::vector<int> stride(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;) stride[i - 1] = stride[i] * shape[i];
    global("torch._utils", "_rebuild_tensor_v2");
    mark();
    mark();
    text("storage");
    global("torch", storage_type);
    text(key);
    text("cpu");
    integer(static_cast<std::int64_t>(count));
    tuple();
    out_ += 'Q';
    integer(0);
    integers(shape);
    integers(stride);
    truth(false);
    ordered_dict();
    end_dict();
    tuple();
    out_ += 'R';
  }

  std::string finish() { return out_ + '.'; }

 private:
  std::string out_;
};

// Stored entries whose data starts at multiples of 64, as torch pads them; the clock stands at 1980.
class ZipWriter {
 public:
  void add(const std::string& name, std::string_view bytes) {
    const auto crc = crc32(crc32(0, nullptr, 0), as_bytes(bytes).data(), static_cast<uInt>(bytes.size()));
    const std::size_t header = out_.size(), fixed = 30 + name.size() + 4;
    const std::size_t padding = (64 - (header + fixed) % 64) % 64;
    std::string common;
    for (const int word : {20, 0, 0, 0, 0x21}) put_little(common, static_cast<std::uint64_t>(word), 2);
    put_little(common, crc, 4);
    put_little(common, bytes.size(), 4);
    put_little(common, bytes.size(), 4);
    put_little(common, name.size(), 2);
    put_little(out_, 0x04034b50, 4);
    out_ += common;
    put_little(out_, 4 + padding, 2);
    out_ += name + "FB";
    put_little(out_, padding, 2);
    out_.append(padding, 'Z');
    out_ += bytes;
    put_little(directory_, 0x02014b50, 4);
    put_little(directory_, 20, 2);
    directory_ += common;
    directory_.append(12, '\0');  // no extra field, no comment, first disk, no attributes
    put_little(directory_, header, 4);
    directory_ += name;
    ++count_;
  }

  std::string finish() {
    std::string out = out_ + directory_;
    put_little(out, 0x06054b50, 4);
    put_little(out, 0, 4);
    put_little(out, count_, 2);
    put_little(out, count_, 2);
    put_little(out, directory_.size(), 4);
    put_little(out, out_.size(), 4);
    put_little(out, 0, 2);
    return out;
  }

 private:
  std::string out_, directory_;
  std::uint64_t count_ = 0;
};

struct Stored {
  std::string_view type;
  std::vector<std::string> data;  // one per storage, by its key

  std::string add(const std::vector<double>& values, bool wide) {
    std::string bytes;
    for (const double v : values)
      if (wide)
        put_little(bytes, std::bit_cast<std::uint64_t>(v), 8);
      else
        put_little(bytes, std::bit_cast<std::uint32_t>(static_cast<float>(v)), 4);
    data.push_back(std::move(bytes));
    return std::to_string(data.size() - 1);
  }
};

void write_state(Pickler& pickle, const Factored& model, Stored& stored) {
  const bool wide = model.stored == Precision::float64;
  const std::string_view type = wide ? "DoubleStorage" : "FloatStorage";
  pickle.ordered_dict();
  for (const Tensor& tensor : model.tensors) {
    pickle.text(tensor.name);
    pickle.tensor(type, stored.add(tensor.values, wide), tensor.values.size(), tensor.shape);
  }
  const Tensor& embedding = model.at("token_emb.weight");
  pickle.text("lm_head.weight");
  pickle.tensor(type, std::to_string(&embedding - model.tensors.data()), embedding.values.size(),
                embedding.shape);
  pickle.end_dict();
}

void write_setting(Pickler& pickle, const Setting& setting, Stored& stored) {
  if (const auto* truth = std::get_if<bool>(&setting)) return pickle.truth(*truth);
  if (const auto* integer = std::get_if<std::int64_t>(&setting)) return pickle.integer(*integer);
  if (const auto* text = std::get_if<std::string>(&setting)) return pickle.text(*text);
  pickle.tensor("DoubleStorage", stored.add({std::get<double>(setting)}, true), 1, {});
}

}  // namespace

std::string write_torch(const Checkpoint& checkpoint) {
  ensure(checkpoint.factored.has_value(), "only factored models are written as .pt");
  const Factored& model = *checkpoint.factored;
  Stored stored;
  Pickler pickle;
  pickle.dict();
  pickle.text("model_state");
  write_state(pickle, model, stored);
  pickle.text("model_config");
  pickle.dict();
  for (const auto& [key, setting] : settings_of(model.config)) {
    pickle.text(key);
    write_setting(pickle, setting, stored);
  }
  pickle.end_dict();
  pickle.text("step");
  checkpoint.step ? pickle.integer(*checkpoint.step) : pickle.none();
  pickle.text("val_exact");
  checkpoint.val_exact ? pickle.tensor("DoubleStorage", stored.add({*checkpoint.val_exact}, true), 1, {})
                       : pickle.none();
  pickle.text("params");
  pickle.integer(parameters(model.config));
  pickle.end_dict();

  ZipWriter zip;
  const std::string folder(kFolder);
  zip.add(folder + "data.pkl", pickle.finish());
  zip.add(folder + "byteorder", "little");
  for (std::size_t i = 0; i < stored.data.size(); ++i)
    zip.add(folder + "data/" + std::to_string(i), stored.data[i]);
  zip.add(folder + "version", "3\n");
  return zip.finish();
}

}  // namespace carryscope::model
