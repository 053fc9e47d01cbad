// write_decoder_json(): the fields in the order of the format.
#include <nlohmann/json.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "model/checkpoint/decoder_json.h"
#include "model/checkpoint/model_config.h"
#include "model/error.h"

namespace carryscope::model {
namespace {

using Ordered = nlohmann::ordered_json;

Ordered row_vector(const Weights& w) { return w.empty() ? Ordered(nullptr) : Ordered(w.value); }

Ordered matrix(const Weights& w) {
  if (w.empty()) return nullptr;
  Ordered rows = Ordered::array();
  for (int r = 0; r < w.rows; ++r)
    rows.push_back(std::vector<double>(w.value.begin() + static_cast<std::ptrdiff_t>(w.at(r, 0)),
                                       w.value.begin() + static_cast<std::ptrdiff_t>(w.at(r, 0)) + w.cols));
  return rows;
}

Ordered slots(const std::vector<Slot>& list) {
  Ordered out = Ordered::array();
  for (const Slot& s : list) {
    Ordered slot = Ordered::object();
    if (s.role == Role::fixed) {
      slot["token"] = s.token;
    } else {
      if (s.role != Role::sum) slot["digit"] = s.role == Role::a ? "a" : "b";
      slot["place"] = s.place;
    }
    out.push_back(std::move(slot));
  }
  return out;
}

Ordered layout(const Layout& l) {
  Ordered out;
  out["digits"] = l.digits;
  out["prompt"] = slots(l.prompt);
  out["answer"] = slots(l.answer);
  out["digit_tokens"] = l.digit_tokens;
  out["end_token"] = l.end_token ? Ordered(*l.end_token) : Ordered(nullptr);
  return out;
}

Ordered norm(const Norm& n, bool per_head) {
  Ordered out;
  out["type"] = n.type == NormType::none ? "none" : n.type == NormType::rms ? "rms" : "layer";
  out["eps"] = n.type == NormType::none ? Ordered(nullptr) : Ordered(n.eps);
  out["weight"] = row_vector(n.weight);
  if (!per_head) out["bias"] = row_vector(n.bias);
  return out;
}

Ordered rope(const Rope& r) {
  Ordered out;
  out["frequencies"] = r.frequencies;
  out["pairing"] = r.pairing == RopePairing::half ? "half" : "interleaved";
  return out;
}

Ordered score_bias(const Attention& a) {
  if (a.score_bias.empty()) return nullptr;
  Ordered heads = Ordered::array();
  for (int h = 0; h < a.heads; ++h) {
    Ordered rows = Ordered::array();
    for (int q = 0; q < a.score_bias_length; ++q) {
      Ordered row = Ordered::array();
      for (int k = 0; k < a.score_bias_length; ++k) {
        const double bias = a.bias_at(h, q, k);
        row.push_back(bias == kMasked ? Ordered(nullptr) : Ordered(bias));
      }
      rows.push_back(std::move(row));
    }
    heads.push_back(std::move(rows));
  }
  return heads;
}

Ordered attention(const Attention& a) {
  Ordered out;
  out["heads"] = a.heads;
  out["kv_heads"] = a.kv_heads;
  out["head_dim"] = a.head_dim;
  out["value_dim"] = a.value_dim;
  out["query"] = matrix(a.query);
  out["key"] = matrix(a.key);
  out["value"] = matrix(a.value);
  out["query_bias"] = row_vector(a.query_bias);
  out["key_bias"] = row_vector(a.key_bias);
  out["value_bias"] = row_vector(a.value_bias);
  out["query_norm"] = a.query_norm ? norm(*a.query_norm, true) : Ordered(nullptr);
  out["key_norm"] = a.key_norm ? norm(*a.key_norm, true) : Ordered(nullptr);
  out["rope"] = a.rope ? rope(*a.rope) : Ordered(nullptr);
  out["score_scale"] = a.score_scale.value;
  out["score_bias"] = score_bias(a);
  out["softmax"] = a.softmax == Softmax::standard ? "standard" : "plus_one";
  out["output"] = matrix(a.output);
  out["output_bias"] = row_vector(a.output_bias);
  return out;
}

Ordered mlp(const Mlp& m) {
  Ordered out;
  out["activation"] = activation_name(m.activation);
  out["up"] = matrix(m.up);
  out["up_bias"] = row_vector(m.up_bias);
  out["gate"] = matrix(m.gate);
  out["gate_bias"] = row_vector(m.gate_bias);
  out["down"] = matrix(m.down);
  out["down_bias"] = row_vector(m.down_bias);
  return out;
}

Ordered layers(const std::vector<Layer>& list) {
  Ordered out = Ordered::array();
  for (const Layer& l : list) {
    Ordered layer;
    layer["norm"] = norm(l.norm, false);
    layer["attention"] = l.attention ? attention(*l.attention) : Ordered(nullptr);
    layer["mlp_norm"] = norm(l.mlp_norm, false);
    layer["mlp"] = l.mlp ? mlp(*l.mlp) : Ordered(nullptr);
    out.push_back(std::move(layer));
  }
  return out;
}

bool rounded(const Weights& w) {
  return std::any_of(w.radius.begin(), w.radius.end(), [](double r) { return r > 0; });
}

bool rounded(const Layer& l) {
  bool any = l.mlp && (rounded(l.mlp->up) || rounded(l.mlp->down) || rounded(l.mlp->gate));
  if (l.attention) {
    const Attention& a = *l.attention;
    any = any || rounded(a.query) || rounded(a.key) || rounded(a.value) || rounded(a.output) ||
          a.score_scale.radius > 0;
  }
  return any;
}

bool rounded(const Decoder& d) {
  return rounded(d.token_embedding) || rounded(d.position_embedding) || rounded(d.head) ||
         std::any_of(d.layers.begin(), d.layers.end(), [](const Layer& l) { return rounded(l); });
}

}  // namespace

std::string write_decoder_json(const Decoder& d) {
  Ordered out;
  out["format"] = kDecoderFormat;
  out["version"] = kDecoderVersion;
  out["name"] = d.name;
  out["source"] =
      rounded(d) ? d.source + "; products of factors and the score scale rounded to float64" : d.source;
  out["parameters"] = d.parameters;
  out["dtype"] = d.dtype == Precision::float32 ? "float32" : "float64";
  out["vocabulary"] = d.vocabulary;
  out["layout"] = layout(d.layout);
  out["token_embedding"] = matrix(d.token_embedding);
  out["position_embedding"] = matrix(d.position_embedding);
  out["layers"] = layers(d.layers);
  out["final_norm"] = norm(d.final_norm, false);
  out["head"] = matrix(d.head);
  out["head_bias"] = row_vector(d.head_bias);
  return out.dump(-1, ' ', false, Ordered::error_handler_t::replace) + "\n";  // a file name may be any bytes
}

}  // namespace carryscope::model
