// The digest itself is OpenSSL's; here is only the order in which a Decoder is laid out.
#include "model/checkpoint/sha256.h"

#include <openssl/evp.h>

#include <bit>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::model {
namespace {

class Serialiser {
 public:
  void word(std::uint64_t value) { put_little(out_, value, 8); }
  void integer(long long value) { word(static_cast<std::uint64_t>(value)); }
  void real(double value) { word(std::bit_cast<std::uint64_t>(value)); }
  void text(std::string_view value) {
    word(value.size());
    out_ += value;
  }
  void reals(const std::vector<double>& values) {
    word(values.size());
    for (const double v : values) real(v);
  }
  void weights(const Weights& w) {
    for (const int i : {w.rows, w.cols, w.rank}) integer(i);
    reals(w.value);
    reals(w.radius);
    reals(w.magnitude);
  }
  void norm(const Norm& n) {
    integer(static_cast<int>(n.type));
    real(n.eps);
    weights(n.weight);
    weights(n.bias);
  }
  template <class T, class Write>
  void optional(const std::optional<T>& value, Write write) {
    word(value ? 1 : 0);
    if (value) write(*value);
  }
  void slots(const std::vector<Slot>& list) {
    word(list.size());
    for (const Slot& s : list) {
      integer(static_cast<int>(s.role));
      integer(s.role == Role::fixed ? 0 : s.place);
      integer(s.role == Role::fixed ? s.token : 0);
    }
  }
  void layout(const Layout& l) {
    integer(l.digits);
    slots(l.prompt);
    slots(l.answer);
    for (const int t : l.digit_tokens) integer(t);
    optional(l.end_token, [&](int t) { integer(t); });
  }
  void attention(const Attention& a) {
    for (const int i : {a.heads, a.kv_heads, a.head_dim, a.value_dim}) integer(i);
    for (const Weights* w : {&a.query, &a.key, &a.value, &a.query_bias, &a.key_bias, &a.value_bias})
      weights(*w);
    optional(a.query_norm, [&](const Norm& n) { norm(n); });
    optional(a.key_norm, [&](const Norm& n) { norm(n); });
    optional(a.rope, [&](const Rope& r) {
      reals(r.frequencies);
      integer(static_cast<int>(r.pairing));
    });
    real(a.score_scale.value);
    real(a.score_scale.radius);
    integer(a.score_bias_length);
    reals(a.score_bias);
    integer(static_cast<int>(a.softmax));
    weights(a.output);
    weights(a.output_bias);
  }
  void mlp(const Mlp& m) {
    integer(static_cast<int>(m.activation));
    for (const Weights* w : {&m.up, &m.up_bias, &m.gate, &m.gate_bias, &m.down, &m.down_bias}) weights(*w);
  }
  void layer(const Layer& l) {
    norm(l.norm);
    optional(l.attention, [&](const Attention& a) { attention(a); });
    norm(l.mlp_norm);
    optional(l.mlp, [&](const Mlp& m) { mlp(m); });
  }
  const std::string& bytes() const { return out_; }

 private:
  std::string out_;
};

}  // namespace

std::string sha256(ByteView bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  ensure(EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) == 1 && length == 32,
         "the library can compute SHA-256");
  std::string text;
  for (unsigned int i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256(const Decoder& decoder) {
  Serialiser s;
  s.text("carryscope decoder 1");
  s.integer(static_cast<int>(decoder.dtype));
  s.integer(decoder.vocabulary);
  s.layout(decoder.layout);
  s.weights(decoder.token_embedding);
  s.weights(decoder.position_embedding);
  s.word(decoder.layers.size());
  for (const Layer& layer : decoder.layers) s.layer(layer);
  s.norm(decoder.final_norm);
  s.weights(decoder.head);
  s.weights(decoder.head_bias);
  return sha256(as_bytes(s.bytes()));
}

}  // namespace carryscope::model
