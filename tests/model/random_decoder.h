// Random layouts and random decoders that between them use every feature of the decoder format.
// The same generator state gives the same model on every machine (std::mt19937_64 and our own
// conversions only). Print the seed.
#pragma once

#include <algorithm>
#include <numeric>
#include <random>

#include "model/decoder.h"

namespace carryscope::model::testing {

using Random = std::mt19937_64;

inline int pick(Random& random, int low, int high) {  // low..high
  return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
}
inline bool coin(Random& random) { return random() % 2 == 0; }
inline double uniform(Random& random, double size) {  // a float32 number in [-size, size)
  return static_cast<double>(static_cast<float>(size * (static_cast<double>(random() >> 11) * 0x1p-52 - 1)));
}

// A valid layout with shuffled places, repeated operand digits, shuffled digit tokens, fixed tokens
// between, perhaps an end token.
inline Layout random_layout(Random& random, int digits, int vocabulary) {
  Layout layout;
  layout.digits = digits;
  std::vector<int> tokens(static_cast<std::size_t>(vocabulary));
  std::iota(tokens.begin(), tokens.end(), 0);
  const auto shuffle = [&](auto& list) {
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[random() % i]);
  };
  shuffle(tokens);
  std::copy_n(tokens.begin(), 10, layout.digit_tokens.begin());
  for (int place = 0; place < digits; ++place)
    for (const Role role : {Role::a, Role::b})
      for (int copies = pick(random, 1, 2); copies > 0; --copies) layout.prompt.push_back({role, place, 0});
  for (int fixed = pick(random, 0, 3); fixed > 0; --fixed)
    layout.prompt.push_back({Role::fixed, 0, pick(random, 0, vocabulary - 1)});
  shuffle(layout.prompt);
  for (int place = 0; place <= digits; ++place) layout.answer.push_back({Role::sum, place, 0});
  shuffle(layout.answer);
  if (vocabulary > 10 && coin(random)) {
    layout.end_token = tokens[10];
    layout.answer.push_back({Role::fixed, 0, tokens[10]});
  }
  return layout;
}

struct RandomModel {
  int digits = 2;
  int layers = 1;
  double weight = 1.0;       // weights lie in [-weight, weight)
  double score_scale = 0.7;  // large: attention is peaked
  Precision dtype = Precision::float64;
};

class RandomDecoder {
 public:
  RandomDecoder(Random& random, const RandomModel& wanted) : random_(random), wanted_(wanted) {}

  Decoder make() {
    Decoder d;
    d.name = "random";
    d.dtype = wanted_.dtype;
    d.vocabulary = pick(random_, 10, 14);
    d.layout = random_layout(random_, wanted_.digits, d.vocabulary);
    width_ = pick(random_, 1, 6);
    length_ = d.layout.input_length();
    d.token_embedding = matrix(d.vocabulary, width_);
    if (coin(random_)) d.position_embedding = matrix(length_ + pick(random_, 0, 2), width_);
    for (int i = 0; i < wanted_.layers; ++i) d.layers.push_back(layer());
    d.final_norm = norm();
    d.head = matrix(width_, d.vocabulary);
    if (coin(random_)) d.head_bias = matrix(1, d.vocabulary);
    return d;
  }

 private:
  Weights matrix(int rows, int cols) {
    Weights w(rows, cols);
    for (double& v : w.value) v = uniform(random_, wanted_.weight);
    return w;
  }
  Weights maybe(int cols) { return coin(random_) ? matrix(1, cols) : Weights{}; }

  Norm norm() {
    Norm n;
    n.type = static_cast<NormType>(pick(random_, 0, 2));
    if (n.type == NormType::none) return n;
    n.eps = 1e-5;
    n.weight = maybe(width_);
    if (n.type == NormType::layer) n.bias = maybe(width_);
    return n;
  }

  Norm head_norm(int dim) {
    Norm n;
    n.type = NormType::rms;
    n.eps = 1e-6;
    n.weight = matrix(1, dim);
    return n;
  }

  Layer layer() {
    Layer l;
    l.norm = norm();
    l.attention = attention();
    l.mlp_norm = norm();
    if (pick(random_, 0, 4) > 0) l.mlp = mlp();
    return l;
  }

  Attention attention() {
    Attention a;
    a.kv_heads = pick(random_, 1, 2);
    a.heads = a.kv_heads * pick(random_, 1, 2);
    a.head_dim = 2 * pick(random_, 1, 2);
    a.value_dim = pick(random_, 1, 4);
    a.query = matrix(width_, a.heads * a.head_dim);
    a.key = matrix(width_, a.kv_heads * a.head_dim);
    a.value = matrix(width_, a.kv_heads * a.value_dim);
    a.query_bias = maybe(a.query.cols);
    a.key_bias = maybe(a.key.cols);
    a.value_bias = maybe(a.value.cols);
    if (coin(random_)) a.query_norm = head_norm(a.head_dim);
    if (coin(random_)) a.key_norm = head_norm(a.head_dim);
    if (coin(random_)) a.rope = rope(a.head_dim);
    a.score_scale = {wanted_.score_scale, 0.0};
    if (coin(random_)) score_bias(a);
    a.softmax = coin(random_) ? Softmax::standard : Softmax::plus_one;
    a.output = matrix(a.heads * a.value_dim, width_);
    a.output_bias = maybe(width_);
    return a;
  }

  Rope rope(int dim) {
    Rope r;
    for (int i = 0; i < dim / 2; ++i) r.frequencies.push_back(uniform(random_, 1.0));
    r.pairing = coin(random_) ? RopePairing::half : RopePairing::interleaved;
    return r;
  }

  // A fifth of the keys masked, never the query's own.
  void score_bias(Attention& a) {
    a.score_bias_length = length_;
    for (int h = 0; h < a.heads; ++h)
      for (int q = 0; q < length_; ++q)
        for (int k = 0; k < length_; ++k)
          a.score_bias.push_back(q != k && pick(random_, 0, 4) == 0 ? kMasked : uniform(random_, 1.0));
  }

  Mlp mlp() {
    Mlp m;
    const int hidden = pick(random_, 1, 8);
    m.activation = static_cast<Activation>(pick(random_, 0, 3));
    m.up = matrix(width_, hidden);
    m.up_bias = maybe(hidden);
    if (coin(random_)) {
      m.gate = matrix(width_, hidden);
      m.gate_bias = maybe(hidden);
    }
    m.down = matrix(hidden, width_);
    m.down_bias = maybe(width_);
    return m;
  }

  Random& random_;
  RandomModel wanted_;
  int width_ = 0, length_ = 0;
};

inline Decoder random_decoder(Random& random, const RandomModel& wanted = {}) {
  return RandomDecoder(random, wanted).make();
}

}  // namespace carryscope::model::testing
