// Settings are taken out of the list one by one; what is left over is surplus and refused.
#include "model/checkpoint/model_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "model/checkpoint/bytes.h"
#include "model/error.h"

namespace carryscope::model {
namespace {

constexpr std::array<std::pair<Activation, std::string_view>, 4> kActivations = {{
    {Activation::gelu_erf, "gelu_erf"},
    {Activation::gelu_tanh, "gelu_tanh"},
    {Activation::relu, "relu"},
    {Activation::silu, "silu"},
}};

class Reader {
 public:
  Reader(const Settings& settings, const std::string& where)
      : left_(settings), where_(where + ": model_config") {}

  int integer(std::string_view key, std::optional<int> absent = std::nullopt) {
    const auto setting = take(key, !absent);
    if (!setting) return *absent;
    const auto* value = std::get_if<std::int64_t>(&*setting);
    if (value == nullptr || *value < 0 || *value > std::numeric_limits<int>::max())
      reject(key, "is no integer from 0 up");
    return static_cast<int>(*value);
  }

  bool truth(std::string_view key, bool absent) {
    const auto setting = take(key, false);
    if (!setting) return absent;
    const auto* value = std::get_if<bool>(&*setting);
    if (value == nullptr) reject(key, "is neither true nor false");
    return *value;
  }

  double real(std::string_view key, double absent) {
    const auto setting = take(key, false);
    if (!setting) return absent;
    if (const auto* whole = std::get_if<std::int64_t>(&*setting)) return static_cast<double>(*whole);
    const auto* value = std::get_if<double>(&*setting);
    if (value == nullptr || !std::isfinite(*value)) reject(key, "is no finite number");
    return *value;
  }

  std::string text(std::string_view key, const std::string& absent) {
    const auto setting = take(key, false);
    if (!setting) return absent;
    const auto* value = std::get_if<std::string>(&*setting);
    if (value == nullptr) reject(key, "is no text");
    return *value;
  }

  void finish() const {
    if (!left_.empty())
      reject(left_.front().first,
             "is not a key of this family of models; remove it or convert the model to a decoder JSON");
  }

  [[noreturn]] void reject(std::string_view key, const std::string& complaint) const {
    throw InputError(fmt::format("{}: {} {}", where_, printable(key), complaint));
  }

 private:
  std::optional<Setting> take(std::string_view key, bool required) {
    const auto found =
        std::find_if(left_.begin(), left_.end(), [&](const auto& s) { return s.first == key; });
    if (found == left_.end()) {
      if (required) reject(key, "is missing, expected an integer; the file does not say what its model is");
      return std::nullopt;
    }
    Setting setting = std::move(found->second);
    left_.erase(found);
    return setting;
  }

  Settings left_;
  std::string where_;
};

QkvTying tying_from(Reader& reader, const std::string& name) {
  std::string names;
  for (const TyingRow& row : tyings()) {
    if (row.name == name) return row.mode;
    names += " " + std::string(row.name);
  }
  reader.reject("tie_qkv", fmt::format("is '{}', expected one of{}", printable(name), names));
}

}  // namespace

std::string_view activation_name(Activation activation) {
  for (const auto& [a, name] : kActivations)
    if (a == activation) return name;
  report_broken("every activation has a name");
}

std::optional<Activation> activation_from(std::string_view name) {
  for (const auto& [a, known] : kActivations)
    if (known == name) return a;
  return std::nullopt;
}

Config config_from(const Settings& settings, const std::string& where) {
  Reader reader(settings, where);
  Config config;
  if (const int layers = reader.integer("n_layer"); layers != 1)
    reader.reject("n_layer",
                  fmt::format("is {}, expected 1; store a deeper model as a decoder JSON", layers));
  config.width = reader.integer("d_model");
  config.heads = reader.integer("n_head");
  config.feed_forward = reader.integer("d_ff");
  reader.real("dropout", 0);  // only training drops anything
  config.context = reader.integer("max_seq_len");
  config.vocabulary = reader.integer("vocab_size");
  config.pos_rank = reader.integer("pos_rank");
  config.qkv_rank = reader.integer("qkv_rank");
  config.attn_out_rank = reader.integer("attn_out_rank");
  config.ffn_rank = reader.integer("ffn_rank");
  config.norm = reader.truth("use_rmsnorm", false) ? NormType::rms : NormType::layer;
  config.tying = tying_from(reader, reader.text("tie_qkv", "none"));
  config.digits = reader.integer("digits", 10);
  config.norm_eps = reader.real("norm_eps", family_eps(config.norm));
  const std::string activation = reader.text("activation", "gelu_erf");
  if (const auto known = activation_from(activation))
    config.activation = *known;
  else
    reader.reject("activation",
                  fmt::format("is '{}', expected gelu_erf, gelu_tanh, relu or silu", printable(activation)));
  reader.finish();
  validate(config, where + ": model_config");
  return config;
}

Settings settings_of(const Config& config) {
  Settings list;
  const auto integer = [&](const char* key, int value) { list.emplace_back(key, std::int64_t{value}); };
  integer("n_layer", 1);
  integer("d_model", config.width);
  integer("n_head", config.heads);
  integer("d_ff", config.feed_forward);
  integer("dropout", 0);
  integer("max_seq_len", config.context);
  integer("vocab_size", config.vocabulary);
  integer("pos_rank", config.pos_rank);
  integer("qkv_rank", config.qkv_rank);
  integer("attn_out_rank", config.attn_out_rank);
  integer("ffn_rank", config.ffn_rank);
  list.emplace_back("use_rmsnorm", config.norm == NormType::rms);
  list.emplace_back("tie_qkv", std::string(tying(config.tying).name));
  if (config.digits != 10) integer("digits", config.digits);
  if (config.norm_eps != family_eps(config.norm)) list.emplace_back("norm_eps", config.norm_eps);
  if (config.activation != Activation::gelu_erf)
    list.emplace_back("activation", std::string(activation_name(config.activation)));
  return list;
}

}  // namespace carryscope::model
