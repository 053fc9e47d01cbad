// Reading: one function per object of the format, in the order of its fields.
#include "model/checkpoint/decoder_json.h"

#include <fmt/format.h>

#include "model/checkpoint/model_config.h"
#include "model/error.h"

namespace carryscope::model {
namespace {

constexpr int kMost = 4096;  // no extent of a model in reach is larger

Weights vector_or_null(JsonObject& in, std::string_view key) {
  const Json& json = in.take(key);
  if (json.is_null()) return {};
  std::vector<double> values = json_vector(json, in.where(), in.path(key));
  if (values.empty()) in.reject(key, "is empty, expected numbers or null");
  Weights w;
  w.rows = 1;
  w.cols = static_cast<int>(values.size());
  w.value = std::move(values);
  return w;
}

Weights matrix(JsonObject& in, std::string_view key) {
  JsonMatrix m = json_matrix(in.take(key), in.where(), in.path(key));
  Weights w;
  w.rows = m.rows;
  w.cols = m.cols;
  w.value = std::move(m.values);
  return w;
}

Weights matrix_or_null(JsonObject& in, std::string_view key) {
  return in.take(key).is_null() ? Weights{} : matrix(in, key);
}

template <class T>
T choice(JsonObject& in, std::string_view key,
         std::initializer_list<std::pair<std::string_view, T>> options) {
  const std::string text = in.text(key);
  std::string names;
  for (const auto& [name, value] : options) {
    if (name == text) return value;
    names += " " + std::string(name);
  }
  in.reject(key, fmt::format("is '{}', expected one of{}", printable(text), names));
}

std::vector<Slot> slots(JsonObject& in, std::string_view key, bool answer) {
  const Json& json = in.take(key);
  if (!json.is_array()) in.reject(key, fmt::format("is {}, expected a list of positions", json.type_name()));
  std::vector<Slot> list;
  for (const Json& entry : json) {
    JsonObject slot(entry, in.where(), fmt::format("{}[{}]", in.path(key), list.size()));
    Slot s;
    if (slot.has("token")) {
      s.token = slot.integer("token", 0, kMost);
    } else {
      s.role = answer ? Role::sum : choice<Role>(slot, "digit", {{"a", Role::a}, {"b", Role::b}});
      s.place = slot.integer("place", 0, kMaxDigits);
    }
    slot.finish();
    list.push_back(s);
  }
  return list;
}

Layout layout(JsonObject in) {
  Layout layout;
  layout.digits = in.integer("digits", 1, kMaxDigits);
  layout.prompt = slots(in, "prompt", false);
  layout.answer = slots(in, "answer", true);
  const Json& tokens = in.take("digit_tokens");
  if (!tokens.is_array() || tokens.size() != layout.digit_tokens.size())
    in.reject("digit_tokens", "is no list of 10 tokens, one for each decimal digit");
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].is_number_unsigned() || tokens[i].get<std::uint64_t>() > kMost)
      in.reject("digit_tokens",
                fmt::format("has {} for digit {}, expected a token", tokens[i].type_name(), i));
    layout.digit_tokens[i] = tokens[i].get<int>();
  }
  if (!in.take("end_token").is_null()) layout.end_token = in.integer("end_token", 0, kMost);
  in.finish();
  return layout;
}

Norm norm(JsonObject in, bool per_head) {
  Norm norm;
  norm.type = per_head ? choice<NormType>(in, "type", {{"rms", NormType::rms}})
                       : choice<NormType>(
                             in, "type",
                             {{"none", NormType::none}, {"rms", NormType::rms}, {"layer", NormType::layer}});
  if (!in.take("eps").is_null())
    norm.eps = in.real("eps");
  else if (norm.type != NormType::none)
    in.reject("eps", "is null, expected a number");
  norm.weight = vector_or_null(in, "weight");
  if (!per_head) norm.bias = vector_or_null(in, "bias");
  in.finish();
  return norm;
}

std::optional<Norm> head_norm(JsonObject& in, std::string_view key) {
  if (in.take(key).is_null()) return std::nullopt;
  return norm(in.object(key), true);
}

std::optional<Rope> rope(JsonObject& in) {
  if (in.take("rope").is_null()) return std::nullopt;
  JsonObject object = in.object("rope");
  Rope rope;
  rope.frequencies = json_vector(object.take("frequencies"), in.where(), object.path("frequencies"));
  rope.pairing = choice<RopePairing>(
      object, "pairing", {{"half", RopePairing::half}, {"interleaved", RopePairing::interleaved}});
  object.finish();
  return rope;
}

void score_bias(JsonObject& in, Attention& a) {
  const Json& heads = in.take("score_bias");
  if (heads.is_null()) return;
  const std::string path = in.path("score_bias");
  if (!heads.is_array() || heads.size() != static_cast<std::size_t>(a.heads) || !heads[0].is_array() ||
      heads[0].empty())
    reject_json(in.where(), path, fmt::format("is no list of {} heads x L x L numbers", a.heads));
  const std::size_t L = heads[0].size();
  a.score_bias_length = static_cast<int>(L);
  for (std::size_t h = 0; h < heads.size(); ++h) {
    if (!heads[h].is_array() || heads[h].size() != L)
      reject_json(in.where(), fmt::format("{}[{}]", path, h), fmt::format("is no list of {} rows", L));
    for (std::size_t q = 0; q < L; ++q) {
      const Json& row = heads[h][q];
      if (!row.is_array() || row.size() != L)
        reject_json(in.where(), fmt::format("{}[{}][{}]", path, h, q),
                    fmt::format("is no list of {} numbers", L));
      for (std::size_t k = 0; k < L; ++k) {
        if (!row[k].is_null() && !row[k].is_number())
          reject_json(in.where(), fmt::format("{}[{}][{}][{}]", path, h, q, k),
                      "is neither a number nor null");
        a.score_bias.push_back(row[k].is_null() ? kMasked : row[k].get<double>());
      }
    }
  }
}

Attention attention(JsonObject in) {
  Attention a;
  a.heads = in.integer("heads", 1, kMost);
  a.kv_heads = in.integer("kv_heads", 1, kMost);
  a.head_dim = in.integer("head_dim", 1, kMost);
  a.value_dim = in.integer("value_dim", 1, kMost);
  a.query = matrix(in, "query");
  a.key = matrix(in, "key");
  a.value = matrix(in, "value");
  a.query_bias = vector_or_null(in, "query_bias");
  a.key_bias = vector_or_null(in, "key_bias");
  a.value_bias = vector_or_null(in, "value_bias");
  a.query_norm = head_norm(in, "query_norm");
  a.key_norm = head_norm(in, "key_norm");
  a.rope = rope(in);
  a.score_scale = {in.real("score_scale"), 0.0};
  score_bias(in, a);
  a.softmax =
      choice<Softmax>(in, "softmax", {{"standard", Softmax::standard}, {"plus_one", Softmax::plus_one}});
  a.output = matrix(in, "output");
  a.output_bias = vector_or_null(in, "output_bias");
  in.finish();
  return a;
}

Mlp mlp(JsonObject in) {
  Mlp m;
  const std::string name = in.text("activation");
  const auto activation = activation_from(name);
  if (!activation)
    in.reject("activation",
              fmt::format("is '{}', expected gelu_erf, gelu_tanh, relu or silu", printable(name)));
  m.activation = *activation;
  m.up = matrix(in, "up");
  m.up_bias = vector_or_null(in, "up_bias");
  m.gate = matrix_or_null(in, "gate");
  m.gate_bias = vector_or_null(in, "gate_bias");
  m.down = matrix(in, "down");
  m.down_bias = vector_or_null(in, "down_bias");
  in.finish();
  return m;
}

Layer layer(JsonObject in) {
  Layer l;
  l.norm = norm(in.object("norm"), false);
  if (!in.take("attention").is_null()) l.attention = attention(in.object("attention"));
  l.mlp_norm = norm(in.object("mlp_norm"), false);
  if (!in.take("mlp").is_null()) l.mlp = mlp(in.object("mlp"));
  in.finish();
  return l;
}

std::vector<Layer> layers(JsonObject& in) {
  const Json& json = in.take("layers");
  constexpr std::size_t kMostLayers = 64;
  if (!json.is_array() || json.empty() || json.size() > kMostLayers)
    in.reject("layers", fmt::format("is no list of 1 to {} layers", kMostLayers));
  std::vector<Layer> list;
  for (const Json& entry : json)
    list.push_back(layer(JsonObject(entry, in.where(), fmt::format("layers[{}]", list.size()))));
  return list;
}

}  // namespace

Decoder read_decoder_json(ByteView bytes, const std::string& where) {
  const Json document = parse_json(bytes, where);
  JsonObject in(document, where, "");
  if (const std::string format = in.text("format"); format != kDecoderFormat)
    in.reject("format", fmt::format("is '{}', expected '{}'", printable(format), kDecoderFormat));
  in.integer("version", kDecoderVersion, kDecoderVersion);
  Decoder d;
  d.name = in.text("name");
  d.source = in.text("source");
  d.parameters = in.integer("parameters", 0, 1 << 30);
  d.dtype =
      choice<Precision>(in, "dtype", {{"float32", Precision::float32}, {"float64", Precision::float64}});
  d.vocabulary = in.integer("vocabulary", 10, kMost);
  d.layout = layout(in.object("layout"));
  d.token_embedding = matrix(in, "token_embedding");
  d.position_embedding = matrix_or_null(in, "position_embedding");
  d.layers = layers(in);
  d.final_norm = norm(in.object("final_norm"), false);
  d.head = matrix(in, "head");
  d.head_bias = vector_or_null(in, "head_bias");
  in.finish();
  validate(d, where);
  return d;
}

}  // namespace carryscope::model
