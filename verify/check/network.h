// Network: the checker's own forward pass of a one-layer decoder, from the exact stored numbers.
//
// Of model/ it takes the file's reader, the architecture that it read, and the table that names each
// matrix's factors; the factors are multiplied out here, in balls.
#pragma once

#include <map>
#include <optional>

#include "model/checkpoint/checkpoint.h"
#include "verify/check/arithmetic.h"

namespace carryscope::verify::check {

using Values = std::vector<Value>;

class Network {
 public:
  // Throws InputError where the model does not have one layer with attention.
  Network(const model::Checkpoint& checkpoint, const Arithmetic& arithmetic, const std::string& where);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const model::Decoder& decoder() const { return decoder_; }
  const model::Attention& attention() const { return *decoder_.layers[0].attention; }
  const Arithmetic& arithmetic() const { return arithmetic_; }
  const Matrix& matrix(const model::Weights& weights) const { return matrices_.at(&weights); }

  struct State {
    Values query, key, value;  // heads x head_dim, kv_heads x head_dim, kv_heads x value_dim
  };
  Values embedding(int position, int token) const;
  State state(int position, const Values& residual) const;
  // Nothing where the key is masked.
  std::optional<Value> score(int head, int query_position, const State& query, int key_position,
                             const State& key) const;
  int kv_head(int head) const { return head / (attention().heads / attention().kv_heads); }

  // The residual after attention becomes the head's input, up to a positive factor where the head has no
  // bias: the same logit is largest. The box reaches so far along each direction of the slopes.
  void tail(Values& residual, const std::vector<Bound>& reach) const;
  // The logit of `token` less that of `rival`.
  Value margin(const Values& head_input, int token, int rival) const;

 private:
  void read(const model::Weights& weights);
  void read(const model::Norm& norm);
  void multiply(const model::Factored& factored);
  Values map(const Values& x, const model::Weights& w, const model::Weights& bias) const;
  void normalise(const model::Norm& norm, Values& x, bool unscaled, const std::vector<Bound>& reach) const;
  void subtract_mean(Values& x) const;
  Value mean_square(const Values& x) const;
  void per_head(Values& v, const std::optional<model::Norm>& norm, int position) const;
  void rotate(Values& v, int position) const;

  model::Decoder decoder_;
  Arithmetic arithmetic_;
  std::map<const model::Weights*, Matrix> matrices_;  // by the place in decoder_
  Matrix scale_;
};

}  // namespace carryscope::verify::check
