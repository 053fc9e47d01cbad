// The tail: everything after attention, a fixed function of a residual vector.
//
//   residual -> residual + mlp(norm(residual)) -> final norm -> logits
//
// One layer's feed-forward half and the unembedding are separate steps, so that deeper models use
// the same code. The object holds scratch space and is therefore used by one thread at a time.
#pragma once

#include "model/activation.h"
#include "model/linear.h"

namespace carryscope::model {

// x += mlp(norm(x))
template <class T>
class FeedForward {
 public:
  FeedForward() = default;
  explicit FeedForward(const Layer& layer) {
    if (!layer.mlp) return;
    norm_ = Normalise<T>(layer.mlp_norm);
    activation_ = layer.mlp->activation;
    up_ = Linear<T>(layer.mlp->up, layer.mlp->up_bias);
    gate_ = Linear<T>(layer.mlp->gate, layer.mlp->gate_bias);
    down_ = Linear<T>(layer.mlp->down, layer.mlp->down_bias);
    const auto zero = Number<T>::from(0.0);
    normed_.assign(static_cast<std::size_t>(up_.rows), zero);
    hidden_.assign(static_cast<std::size_t>(up_.cols), zero);
  }

  void apply(std::span<T> x) {
    if (up_.empty()) return;
    std::copy(x.begin(), x.end(), normed_.begin());
    norm_.apply(normed_);
    for (int j = 0; j < up_.cols; ++j) hidden_[static_cast<std::size_t>(j)] = neuron(j);
    for (int c = 0; c < down_.cols; ++c) {
      auto& r = x[static_cast<std::size_t>(c)];
      r = r + down_.apply(hidden_, c);
    }
  }

 private:
  T neuron(int j) const {
    const T up = up_.apply(std::span<const T>(normed_), j);
    if (gate_.empty()) return activate(activation_, up);
    return activate(activation_, gate_.apply(std::span<const T>(normed_), j)) * up;
  }

  Activation activation_ = Activation::gelu_erf;
  Normalise<T> norm_;
  Linear<T> up_, gate_, down_;
  std::vector<T> normed_, hidden_;
};

template <class T>
class Tail {
 public:
  explicit Tail(const Decoder& decoder)
      : feed_forward_(decoder.layers.back()),
        norm_(decoder.final_norm),
        head_(decoder.head, decoder.head_bias) {}

  // Overwrites the residual (width d) by the head's input; `unscaled`: see Normalise, only where
  // the head has no bias.
  void head_input(std::span<T> residual, bool unscaled = false) {
    feed_forward_.apply(residual);
    unscaled ? norm_.apply_unscaled(residual) : norm_.apply(residual);
  }

  // Logits (V) from the residual; the residual is overwritten.
  void logits(std::span<T> residual, std::span<T> out) {
    head_input(residual);
    head_.apply(std::span<const T>(residual), out);
  }

  const Linear<T>& head() const { return head_; }
  const Normalise<T>& final_norm() const { return norm_; }

 private:
  FeedForward<T> feed_forward_;
  Normalise<T> norm_;
  Linear<T> head_;
};

}  // namespace carryscope::model
