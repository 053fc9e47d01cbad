// Anatomy: what a one-layer decoder computes at one position, part by part, in doubles.
//
//   before = embedding + sum of the heads + output bias          the residual that the feed-forward reads
//   after  = before + sum of neuron * its row of `down` + down bias
//   logits = final norm(after) head + head bias
// The sequence may hold any tokens, also wrong ones that the model has generated.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/attention_table.h"

namespace carryscope::analysis {

using Vector = std::vector<double>;

struct Anatomy {
  Vector embedding;              // d
  std::vector<Vector> share;     // heads x positions: what softmax gives each key, 0..1
  std::vector<Vector> head;      // heads x d: what each head adds
  Vector before, after, normed;  // d; normed is the head's input
  Vector neurons;                // f: activations, times the gate's other half where there is one
  Vector logits;                 // V
};

class Anatomist {
 public:
  // The table must outlive this.
  explicit Anatomist(const model::AttentionTable<double>& table);

  // At the last of the tokens, which stand at positions 0, 1, ...
  Anatomy operator()(std::span<const int> tokens) const;

 private:
  void attend(std::span<const int> tokens, Anatomy& out) const;
  void feed_forward(Anatomy& out) const;

  const model::AttentionTable<double>& table_;
  model::Embedding<double> embedding_;
  model::Normalise<double> mlp_norm_, final_norm_;
  model::Linear<double> up_, gate_, down_, head_;
};

// "a3", "s0", or the token of a fixed slot: "'10'".
std::string slot_name(const model::Slot& slot);

// What the norm multiplies x by: 1 / its root there; 1 where there is none.
double inverse_root(const model::Norm& norm, const Vector& x);

// logits[token] minus the best other one.
double margin_of(std::span<const double> logits, int token);

}  // namespace carryscope::analysis
