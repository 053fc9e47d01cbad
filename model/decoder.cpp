// validate(): every shape and number of a Decoder is checked once, where it comes in.
#include "model/decoder.h"

#include <cmath>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::model {
namespace {

// Names the file and the field in front of every complaint.
class Door {
 public:
  Door(const std::string& where, std::string prefix) : where_(where), prefix_(std::move(prefix)) {}

  [[noreturn]] void reject(std::string_view field, const std::string& complaint) const {
    throw InputError(fmt::format("{}: {}{} {}", where_, prefix_, field, complaint));
  }

  void matrix(std::string_view field, const Weights& w, int rows, int cols) const {
    if (w.rows != rows || w.cols != cols || w.value.size() != size(rows, cols))
      reject(field, fmt::format("has shape {} x {}, expected {} x {}", w.rows, w.cols, rows, cols));
    finite(field, w.value);
    bounds(field, w.radius, w.value.size());
    bounds(field, w.magnitude, w.value.size());
  }

  void optional(std::string_view field, const Weights& w, int rows, int cols) const {
    if (!w.empty()) matrix(field, w, rows, cols);
  }

  void at_least(std::string_view field, long long value, long long least) const {
    if (value < least) reject(field, fmt::format("is {}, expected {} or more", value, least));
  }

  void norm(std::string_view field, const Norm& norm, int width) const {
    if (norm.type == NormType::none) {
      if (!norm.weight.empty() || !norm.bias.empty())
        reject(field, "has weights, expected none for type none");
      return;
    }
    if (!std::isfinite(norm.eps) || norm.eps < 0)
      reject(field, fmt::format("has eps {}, expected a finite number from 0 up", norm.eps));
    optional(fmt::format("{}.weight", field), norm.weight, 1, width);
    optional(fmt::format("{}.bias", field), norm.bias, 1, width);
  }

 private:
  static std::size_t size(int rows, int cols) {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  }

  void finite(std::string_view field, const std::vector<double>& values) const {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i]))
        reject(field, fmt::format("holds {} at entry {}, expected finite numbers; "
                                  "the training run that wrote it diverged",
                                  std::isnan(values[i]) ? "NaN" : "infinity", i));
  }

  void bounds(std::string_view field, const std::vector<double>& values, std::size_t expected) const {
    if (values.empty()) return;
    if (values.size() != expected) reject(field, "has error bounds of another shape than its values");
    for (const double v : values)
      if (!(v >= 0) || !std::isfinite(v)) reject(field, "is too large, its products overflow a double");
  }

  const std::string& where_;
  std::string prefix_;
};

void check_score_bias(const Door& door, const Attention& a, int length) {
  if (a.score_bias_length == 0 && a.score_bias.empty()) return;
  const auto L = static_cast<std::size_t>(a.score_bias_length);
  if (a.score_bias_length < length || a.score_bias.size() != static_cast<std::size_t>(a.heads) * L * L)
    door.reject(
        "attention.score_bias",
        fmt::format("covers {} positions of {} heads, expected {} heads x L x L with L of {} or more",
                    a.score_bias_length, L == 0 ? 0 : a.score_bias.size() / (L * L), a.heads, length));
  for (const double b : a.score_bias)
    if (b != kMasked && !std::isfinite(b))
      door.reject("attention.score_bias",
                  "holds NaN or infinity, expected finite numbers or null for a masked key");
  if (a.softmax == Softmax::plus_one) return;  // its denominator is at least 1
  for (int h = 0; h < a.heads; ++h)
    for (int q = 0; q < length; ++q) {
      bool sees = false;
      for (int k = 0; k <= q; ++k) sees = sees || a.bias_at(h, q, k) != kMasked;
      if (!sees)
        door.reject("attention.score_bias",
                    fmt::format("masks every key of query position {} in head {}, expected at least one key "
                                "at or before each position",
                                q, h));
    }
}

void check_head_norm(const Door& door, std::string_view field, const std::optional<Norm>& norm,
                     int head_dim) {
  if (!norm) return;
  if (norm->type != NormType::rms) door.reject(field, "is no rms norm, expected type rms or null");
  if (!norm->bias.empty()) door.reject(field, "has a bias, expected a weight only");
  door.norm(field, *norm, head_dim);
}

void check_rope(const Door& door, const Attention& a) {
  if (!a.rope) return;
  if (a.head_dim % 2 != 0 || a.rope->frequencies.size() * 2 != static_cast<std::size_t>(a.head_dim))
    door.reject("attention.rope.frequencies", fmt::format("has {} entries, expected half of head_dim {}",
                                                          a.rope->frequencies.size(), a.head_dim));
  for (const double f : a.rope->frequencies)
    if (!std::isfinite(f))
      door.reject("attention.rope.frequencies", "holds NaN or infinity, expected finite numbers");
}

void check_attention(const Door& door, const Attention& a, int width, int length) {
  door.at_least("attention.heads", a.heads, 1);
  door.at_least("attention.kv_heads", a.kv_heads, 1);
  door.at_least("attention.head_dim", a.head_dim, 1);
  door.at_least("attention.value_dim", a.value_dim, 1);
  if (a.heads % a.kv_heads != 0)
    door.reject("attention.kv_heads",
                fmt::format("is {}, expected a divisor of heads {}", a.kv_heads, a.heads));
  const int q = a.heads * a.head_dim, k = a.kv_heads * a.head_dim, v = a.kv_heads * a.value_dim;
  door.matrix("attention.query", a.query, width, q);
  door.matrix("attention.key", a.key, width, k);
  door.matrix("attention.value", a.value, width, v);
  door.optional("attention.query_bias", a.query_bias, 1, q);
  door.optional("attention.key_bias", a.key_bias, 1, k);
  door.optional("attention.value_bias", a.value_bias, 1, v);
  door.matrix("attention.output", a.output, a.heads * a.value_dim, width);
  door.optional("attention.output_bias", a.output_bias, 1, width);
  check_head_norm(door, "attention.query_norm", a.query_norm, a.head_dim);
  check_head_norm(door, "attention.key_norm", a.key_norm, a.head_dim);
  check_rope(door, a);
  if (!std::isfinite(a.score_scale.value) || !(a.score_scale.radius >= 0) ||
      !std::isfinite(a.score_scale.radius))
    door.reject("attention.score_scale", "is not finite, expected a number such as 1/sqrt(head_dim)");
  check_score_bias(door, a, length);
}

void check_mlp(const Door& door, const Mlp& mlp, int width) {
  const int f = mlp.up.cols;
  door.at_least("mlp.up columns", f, 1);
  door.matrix("mlp.up", mlp.up, width, f);
  door.optional("mlp.up_bias", mlp.up_bias, 1, f);
  door.optional("mlp.gate", mlp.gate, width, f);
  door.optional("mlp.gate_bias", mlp.gate_bias, 1, f);
  if (mlp.gate.empty() && !mlp.gate_bias.empty())
    door.reject("mlp.gate_bias", "stands without mlp.gate, expected null");
  door.matrix("mlp.down", mlp.down, f, width);
  door.optional("mlp.down_bias", mlp.down_bias, 1, width);
}

}  // namespace

void validate(const Decoder& decoder, const std::string& where) {
  const Door door(where, "");
  const int width = decoder.width(), length = decoder.layout.input_length();
  door.at_least("parameters", decoder.parameters, 0);
  door.at_least("vocabulary", decoder.vocabulary, 10);
  door.at_least("token_embedding width", width, 1);
  validate(decoder.layout, decoder.vocabulary, where);
  door.matrix("token_embedding", decoder.token_embedding, decoder.vocabulary, width);
  if (!decoder.position_embedding.empty()) {
    if (decoder.position_embedding.rows < length)
      door.reject("position_embedding",
                  fmt::format("has {} rows, expected {} or more: the layout reads that many tokens",
                              decoder.position_embedding.rows, length));
    door.matrix("position_embedding", decoder.position_embedding, decoder.position_embedding.rows, width);
  }
  if (decoder.layers.empty()) door.reject("layers", "is empty, expected one layer or more");
  for (std::size_t i = 0; i < decoder.layers.size(); ++i) {
    const Layer& layer = decoder.layers[i];
    const Door inside(where, fmt::format("layers[{}].", i));
    inside.norm("norm", layer.norm, width);
    if (layer.attention) check_attention(inside, *layer.attention, width, length);
    inside.norm("mlp_norm", layer.mlp_norm, width);
    if (layer.mlp) check_mlp(inside, *layer.mlp, width);
  }
  door.norm("final_norm", decoder.final_norm, width);
  door.matrix("head", decoder.head, width, decoder.vocabulary);
  door.optional("head_bias", decoder.head_bias, 1, decoder.vocabulary);
}

}  // namespace carryscope::model
