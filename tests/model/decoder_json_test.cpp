// The decoder JSON: the public adders there and back, and every field missing, surplus or wrong.
#include "model/checkpoint/decoder_json.h"

#include <gtest/gtest.h>

#include <functional>

#include "model/checkpoint/sha256.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope::model {
namespace {

using namespace testing;

Decoder read(const std::string& text) { return read_decoder_json(as_bytes(text), "x.json"); }
Decoder read(const Json& json) { return read(json.dump()); }

Json matrix(int rows, int cols) {
  Json m = Json::array();
  for (int r = 0; r < rows; ++r)
    m.push_back(std::vector<double>(static_cast<std::size_t>(cols), 0.25 * (r + 1)));
  return m;
}
Json vector(int n) { return std::vector<double>(static_cast<std::size_t>(n), 0.5); }

constexpr int kLength = 5;

// Two heads that share their keys.
Json rich_attention() {
  const Json head_norm = {{"type", "rms"}, {"eps", 1e-6}, {"weight", vector(2)}};
  Json bias = Json::array({matrix(kLength, kLength), matrix(kLength, kLength)});
  bias[1][4][2] = nullptr;
  return {{"heads", 2},
          {"kv_heads", 1},
          {"head_dim", 2},
          {"value_dim", 1},
          {"query", matrix(3, 4)},
          {"key", matrix(3, 2)},
          {"value", matrix(3, 1)},
          {"query_bias", vector(4)},
          {"key_bias", vector(2)},
          {"value_bias", vector(1)},
          {"query_norm", head_norm},
          {"key_norm", head_norm},
          {"rope", {{"frequencies", {1.0}}, {"pairing", "half"}}},
          {"score_scale", 0.5},
          {"score_bias", bias},
          {"softmax", "plus_one"},
          {"output", matrix(2, 3)},
          {"output_bias", vector(3)}};
}

// A decoder that uses every object of the format: two heads on one, norms, rope, biases, gate, mask.
Json rich() {
  const auto slot = [](const char* operand) { return Json{{"digit", operand}, {"place", 0}}; };
  const Json norm = {{"type", "layer"}, {"eps", 1e-5}, {"weight", vector(3)}, {"bias", vector(3)}};
  const Json mlp = {{"activation", "silu"},  {"up", matrix(3, 4)},     {"up_bias", vector(4)},
                    {"gate", matrix(3, 4)},  {"gate_bias", vector(4)}, {"down", matrix(4, 3)},
                    {"down_bias", vector(3)}};
  const Json layer = {{"norm", norm}, {"attention", rich_attention()}, {"mlp_norm", norm}, {"mlp", mlp}};
  return {{"format", "carryscope-decoder"},
          {"version", 1},
          {"name", "rich"},
          {"source", "a test"},
          {"parameters", 99},
          {"dtype", "float64"},
          {"vocabulary", 12},
          {"layout",
           {{"digits", 1},
            {"prompt", {slot("a"), {{"token", 10}}, slot("b"), {{"token", 11}}}},
            {"answer", {{{"place", 0}}, {{"place", 1}}}},
            {"digit_tokens", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
            {"end_token", nullptr}}},
          {"token_embedding", matrix(12, 3)},
          {"position_embedding", matrix(kLength, 3)},
          {"layers", Json::array({layer})},
          {"final_norm", norm},
          {"head", matrix(3, 12)},
          {"head_bias", vector(12)}};
}

void refused(const Json& json, std::initializer_list<std::string_view> parts) {
  const std::string sentence = refusal([&] { read(json); });
  expect_parts(sentence, {"x.json"});
  expect_parts(sentence, parts);
}

TEST(DecoderJson, TheZooThereAndBack) {
  if (!std::filesystem::exists(shared_file("zoo")))
    GTEST_SKIP() << "no public adders at " << shared_file("zoo");
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(shared_file("zoo"))) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    const std::string text = content(entry.path());
    const Decoder decoder = read_decoder_json(as_bytes(text), entry.path());
    const std::string written = write_decoder_json(decoder);
    EXPECT_EQ(Json::parse(written), Json::parse(text)) << entry.path();
    EXPECT_EQ(sha256(read(written)), sha256(decoder));
  }
  EXPECT_GE(files, 20);
}

TEST(DecoderJson, EveryFeatureThereAndBack) {
  const Decoder decoder = read(rich());
  EXPECT_EQ(Json::parse(write_decoder_json(decoder)), rich());
  EXPECT_EQ(decoder.layers[0].attention->bias_at(1, 4, 2), kMasked);
  EXPECT_EQ(decoder.layers[0].attention->bias_at(1, 4, 3), 1.25);
}

TEST(DecoderJson, WhatFactorsWereRoundedToIsSaid) {
  Checkpoint c = random_checkpoint(preset("512"), 1);
  const Decoder read_back = read(write_decoder_json(c.decoder));
  EXPECT_EQ(read_back.source, "a test; products of factors and the score scale rounded to float64");
  EXPECT_TRUE(read_back.layers[0].attention->query.radius.empty());
  EXPECT_EQ(read_back.layers[0].attention->query.value, c.decoder.layers[0].attention->query.value);
  const Config whole = [] {
    Config w = preset("777");
    w.width = 4;
    return w;
  }();
  c = random_checkpoint(whole, 1);  // nothing factored, 1/sqrt(4) a double
  EXPECT_EQ(read(write_decoder_json(c.decoder)).source, "a test");
}

// Walks to every object of the document.
void each_object(Json& json, const std::string& path,
                 const std::function<void(Json&, const std::string&)>& visit) {
  if (json.is_object()) {
    visit(json, path);
    for (auto& [key, value] : json.items()) each_object(value, path.empty() ? key : path + "." + key, visit);
  } else if (json.is_array() && !json.empty() && json[0].is_object()) {
    each_object(json[0], path + "[0]", visit);
  }
}

TEST(DecoderJson, EachFieldMissingOrSurplusIsNamed) {
  Json document = rich();
  int fields = 0;
  each_object(document, "", [&](Json& object, const std::string& path) {
    const std::string prefix = path.empty() ? "" : path + ".";
    const Json before = object;
    for (const auto& [key, value] : before.items()) {
      ++fields;
      object.erase(key);
      refused(document, {prefix + key, "missing"});
      object = before;
      object[key] = Json::object({{"x", 1}});
      refused(document, {prefix + key});
      object = before;
    }
    object["surplus"] = 1;
    refused(document, {prefix + "surplus"});
    object = before;
  });
  EXPECT_GT(fields, 50);
}

TEST(DecoderJson, ValuesOutOfRangeAreNamed) {
  const auto changed = [](const std::string& pointer, const Json& value, std::string_view field) {
    Json document = rich();
    document[Json::json_pointer(pointer)] = value;
    refused(document, {field});
  };
  const std::string attention = "/layers/0/attention/";
  changed("/format", "onnx", "format");
  changed("/version", 2, "version");
  changed("/dtype", "float16", "dtype");
  changed("/vocabulary", 13, "token_embedding");
  changed("/vocabulary", 11, "layout");
  changed("/vocabulary", 99999999999, "vocabulary");
  changed("/layout/digits", 2, "layout");
  changed("/layout/digits", 0, "layout.digits");
  changed("/layout/prompt/0/digit", "c", "layout.prompt[0].digit");
  changed("/layout/prompt/1/token", 12, "layout.prompt[1]");
  changed("/layout/answer/0/place", 1, "layout.answer");
  changed("/layout/digit_tokens/0", -1, "layout.digit_tokens");
  changed("/layout/end_token", 12, "layout.end_token");
  changed("/token_embedding/3", {1, 2}, "token_embedding[3]");
  changed("/token_embedding/3/0", "one", "token_embedding[3][0]");
  changed("/token_embedding/3/0", nullptr, "token_embedding[3][0]");
  changed("/position_embedding", Json::array({{1, 2, 3}}), "position_embedding");
  changed("/layers", Json::array(), "layers");
  changed(attention + "kv_heads", 3, "layers[0].attention.kv_heads");
  changed(attention + "heads", 0, "layers[0].attention.heads");
  changed(attention + "head_dim", 3, "layers[0].attention.query");
  changed(attention + "rope/frequencies", {1, 2}, "layers[0].attention.rope.frequencies");
  changed(attention + "query_norm/type", "layer", "layers[0].attention.query_norm.type");
  changed(attention + "key_norm/eps", nullptr, "layers[0].attention.key_norm.eps");
  changed(attention + "softmax", "sigmoid", "layers[0].attention.softmax");
  changed(attention + "score_bias/0", Json::array(), "layers[0].attention.score_bias");
  changed(attention + "score_bias/1/2", Json::array(), "layers[0].attention.score_bias[1][2]");
  changed(attention + "score_bias/1/2/3", "x", "layers[0].attention.score_bias[1][2][3]");
  changed("/layers/0/mlp/activation", "swish", "layers[0].mlp.activation");
  changed("/layers/0/mlp/gate", nullptr, "layers[0].mlp.gate");
  changed("/final_norm/eps", -1, "final_norm");
  changed("/head", Json::array({{1}}), "head");
}

TEST(DecoderJson, AQueryThatSeesNothingIsRefused) {
  Json document = rich();
  document[Json::json_pointer("/layers/0/attention/softmax")] = "standard";
  EXPECT_NO_THROW(read(document));
  document[Json::json_pointer("/layers/0/attention/score_bias/0/0/0")] = nullptr;
  refused(document, {"score_bias", "query position 0", "head 0"});
}

TEST(DecoderJson, NotEvenJson) {
  const auto refused_text = [](const std::string& text, std::string_view part) {
    expect_parts(refusal([&] { read(text); }), {"x.json", part});
  };
  const std::string good = rich().dump();
  for (std::size_t length = 0; length + 1 < good.size(); length += 13)
    refused_text(good.substr(0, length), "JSON");
  refused_text(good + "}", "JSON");
  refused_text("{\"format\": NaN}", "JSON");
  refused_text("{\"format\": 1e999}", "JSON");
  refused_text("{\"form\xff\": 1}", "JSON");
  refused_text("{\"name\": 1, \"name\": 2}", "name comes twice");
  refused_text(std::string(100'000, '['), "nested deeper");
  refused_text(
      "[" +
          [] {
            std::string s;
            for (int i = 0; i < 2'100'000; ++i) s += "0,";
            return s;
          }() +
          "0]",
      "more than");
  refused_text("[1]", "expected an object");
}

}  // namespace
}  // namespace carryscope::model
