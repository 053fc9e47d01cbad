// Decoder: the dense, canonical form that every tool works on. Weights are multiplied out, ties
// resolved, nothing is factored; row-vector convention y = xW.
//
// A product of stored factors is no double, so a Weights entry is a ball: the exact value lies
// within value +- radius. `magnitude` carries (|A||B|)_ij, which bounds the float32 rounding of the
// factored as well as of the multiplied-out evaluation. What a file stores whole has radius 0.
// This file says what a model is; what it computes is in forward.h.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "model/addition.h"

namespace carryscope::model {

struct Weights {
  int rows = 0, cols = 0;
  std::vector<double> value;      // rows x cols, row-major
  std::vector<double> radius;     // same shape, or empty: every value is exact
  std::vector<double> magnitude;  // same shape, or empty: |value|
  int rank = 0;                   // inner dimension of the stored factors; 0 = stored whole

  Weights() = default;
  Weights(int r, int c)
      : rows(r), cols(c), value(static_cast<std::size_t>(r) * static_cast<std::size_t>(c)) {}

  std::size_t at(int r, int c) const {
    return static_cast<std::size_t>(r) * static_cast<std::size_t>(cols) + static_cast<std::size_t>(c);
  }
  double radius_at(std::size_t i) const { return radius.empty() ? 0.0 : radius[i]; }
  double magnitude_at(std::size_t i) const {
    return magnitude.empty() ? (value[i] < 0 ? -value[i] : value[i]) : magnitude[i];
  }
  bool empty() const { return value.empty(); }
};

// A scalar of the architecture that need not be a double, such as 1/sqrt(7).
struct Scalar {
  double value = 1.0, radius = 0.0;
};

enum class NormType { none, rms, layer };
struct Norm {
  NormType type = NormType::none;
  double eps = 0.0;
  Weights weight, bias;  // 1 x d, or empty
};

enum class Softmax { standard, plus_one };  // plus_one: 1 is added to the denominator
enum class RopePairing { half, interleaved };
struct Rope {
  std::vector<double> frequencies;  // head_dim / 2; angle = position * frequency
  RopePairing pairing = RopePairing::half;
};

inline constexpr double kMasked = -std::numeric_limits<double>::infinity();  // in score_bias only

struct Attention {
  int heads = 1,
      kv_heads = 1;  // heads is a multiple of kv_heads; head h reads kv head h / (heads / kv_heads)
  int head_dim = 0, value_dim = 0;
  Weights query, key, value;  // d x (heads head_dim), d x (kv_heads head_dim), d x (kv_heads value_dim)
  Weights query_bias, key_bias, value_bias;  // 1 x ..., or empty
  std::optional<Norm> query_norm, key_norm;  // rms, per head, before the rotation
  std::optional<Rope> rope;
  Scalar score_scale;
  int score_bias_length = 0;  // L, 0 = none
  std::vector<double>
      score_bias;  // heads x L x L, [head][query position][key position]; kMasked = no attention
  Softmax softmax = Softmax::standard;
  Weights output, output_bias;  // (heads value_dim) x d; 1 x d or empty

  double bias_at(int head, int query_position, int key_position) const {
    if (score_bias.empty()) return 0.0;
    const auto length = static_cast<std::size_t>(score_bias_length);
    const auto row = static_cast<std::size_t>(head) * length + static_cast<std::size_t>(query_position);
    return score_bias[row * length + static_cast<std::size_t>(key_position)];
  }
};

enum class Activation { gelu_erf, gelu_tanh, relu, silu };
struct Mlp {
  Activation activation = Activation::gelu_erf;
  Weights up, up_bias;      // d x f; 1 x f or empty
  Weights gate, gate_bias;  // empty: y = act(x up); else y = act(x gate) * (x up)
  Weights down, down_bias;  // f x d; 1 x d or empty
};

struct Layer {
  Norm norm;  // before attention
  std::optional<Attention> attention;
  Norm mlp_norm;
  std::optional<Mlp> mlp;
};

enum class Precision { float32, float64 };  // what the weights are stored as

struct Decoder {
  std::string name, source;
  int parameters = 0;  // unique ones, tied weights counted once
  Precision dtype = Precision::float32;
  int vocabulary = 14;
  Layout layout;
  Weights token_embedding;     // V x d
  Weights position_embedding;  // L x d with L >= layout.input_length(), or empty
  std::vector<Layer> layers;
  Norm final_norm;
  Weights head, head_bias;  // d x V; 1 x V or empty

  int width() const { return token_embedding.cols; }
};

// Throws InputError naming `where` and the field: shapes, finite values, head counts, layout.
void validate(const Decoder& decoder, const std::string& where);

}  // namespace carryscope::model
