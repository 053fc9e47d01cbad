// StepParts: one step of a one-layer decoder with any set of its parts cut.
//
// A part is what an edge of the circuit starts from: the tokens of a role, read through every head; a neuron;
// a head, where there are several. Cut, it becomes a constant: a key's weight and weighted value their means
// over the digits, a head's output and a neuron's activation their means over sampled pairs at this step.
// Keys that hold one token are constant as they are, and no parts; the residual of the query's own token
// stays. Twice the same: over the reals, for the search (states, decoder), and in doubles, a pair at a time
// (answer).
#pragma once

#include "analysis/ablated.h"
#include "analysis/anatomy.h"
#include "analysis/token_roles.h"

namespace carryscope::analysis {

struct Part {
  std::string_view node;  // a token's role, "head" or "neuron"
  int index = -1;         // of the head or neuron
};

using Cut = std::uint64_t;  // bit i: part i is cut

// A token, and by how much its logit is above all others.
struct Written {
  int token = 0;
  double margin = 0.0;
};

class StepParts {
 public:
  static constexpr std::size_t kMost = 63;

  // `sample`: the step's anatomy for the pairs behind the means, at least one. The network must outlive this.
  // Parts beyond kMost cannot be cut.
  StepParts(const Network& whole, int step, const std::vector<Anatomy>& sample);

  int step() const { return step_; }
  const std::vector<Part>& parts() const { return parts_; }
  Cut all() const { return (Cut{1} << parts_.size()) - 1; }

  // Where `how` is not the mean, heads and neurons are held at zero.
  std::vector<verify::Attended> states(Cut cut, const KeyAblation& how) const;
  model::Decoder decoder(Cut cut, const KeyAblation& how) const;

  // What a pair's tokens add up to in each part: enough to answer it under any cut.
  struct Sums {
    std::size_t symbol = 0;
    std::vector<double> part;  // heads x (roles + 1) x (1 + d): weight, weighted values; last, no part
  };
  Sums read(model::Pair pair) const;
  Written answer(const Sums& sums, Cut cut) const;

 private:
  // One query state's table: [head][cell][digit], with 1 + d numbers each.
  struct Query {
    std::vector<double> residual, table;
    std::vector<double> cut;  // heads x roles x (1 + d): what a cut role's tokens add up to
  };
  Query query(const verify::Attended& read, const verify::Attended& without) const;
  std::vector<std::size_t> groups(const model::Layout& layout) const;
  void attend(const Sums& sums, Cut cut, Vector& x) const;
  void feed_forward(Cut cut, Vector& x) const;
  std::size_t entry() const { return 1 + width_; }

  const Network& whole_;
  int step_;
  std::size_t width_, heads_, cells_ = 0;
  std::vector<Part> parts_;
  std::vector<const TokenRole*> roles_;  // parts 0 .. roles - 1
  std::size_t first_neuron_ = 0, first_head_ = 0;
  std::vector<Vector> head_mean_;  // heads x d
  Vector neuron_mean_;
  std::vector<std::size_t> group_;  // [cell]: its role's part, or roles_.size()
  std::vector<Query> queries_;      // [symbol]
  model::Normalise<double> mlp_norm_, final_norm_;
  model::Linear<double> up_, gate_, head_;
};

// The step's anatomies for some pairs, each given the true prefix.
std::vector<Anatomy> anatomies(const Anatomist& dissect, const model::Layout& layout, int step,
                               std::span<const model::Pair> pairs);

}  // namespace carryscope::analysis
