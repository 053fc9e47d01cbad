// Network: the checker's own forward pass of a one-layer decoder, from the exact stored numbers.
//
// Of model/ it takes the file's reader, the architecture that it read, and the table that names each
// matrix's factors; the factors are multiplied out here.
#pragma once

#include <map>
#include <optional>

#include "model/checkpoint/checkpoint.h"
#include "verify/check/value.h"

namespace carryscope::verify::check {

class Network {
 public:
  // Throws InputError where the model does not have one layer with attention.
  Network(const model::Checkpoint& checkpoint, const Rounding& rounding, const std::string& where);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const model::Decoder& decoder() const { return decoder_; }
  const model::Attention& attention() const { return *decoder_.layers[0].attention; }
  const Rounding& rounding() const { return fl_; }
  const Matrix& matrix(const model::Weights& weights) const { return matrices_.at(&weights); }

  struct State {
    Values query, key, value;  // heads x head_dim, kv_heads x head_dim, kv_heads x value_dim
  };
  Values embedding(int position, int token) const;
  const State& state(int position, int token) const { return states_.at({position, token}); }
  // Nothing where the key is masked.
  std::optional<Value> score(int head, int query_position, const State& query, int key_position,
                             const State& key) const;
  int kv_head(int head) const { return head / (attention().heads / attention().kv_heads); }

  // The residual after attention becomes the head's input, up to a positive factor where the head has no
  // bias: the same logit is largest.
  Values tail(Values residual) const;
  // The logit of `token` less that of each rival.
  Values margins(const Values& head_input, int token) const;

 private:
  void read(const model::Weights& weights);
  void read(const model::Norm& norm);
  State read_state(int position, int token) const;
  Matrix multiplied(const model::Product& p, const model::Factored& factored) const;
  Values map(const Values& x, const Matrix& w, const Matrix& bias) const;
  Values map(const Values& x, const model::Weights& w, const model::Weights& bias) const;
  void normalise(const model::Norm& norm, Values& x, bool unscaled = false) const;
  void subtract_mean(Values& x) const;
  void per_head(Values& v, const std::optional<model::Norm>& norm, int position) const;
  void rotate(Values& v, int position) const;

  model::Decoder decoder_;
  Rounding fl_;
  std::map<const model::Weights*, Matrix> matrices_;  // by the place in decoder_
  Value scale_;
  std::map<std::pair<int, int>, State> states_;  // by position and token
};

}  // namespace carryscope::verify::check
