// The plain forward pass of a one-layer decoder of which a key, a head or a neuron is cut at every step, and
// over all pairs what that gets wrong. Shares with analysis/ablated.h the names of its cuts and nothing else.
#pragma once

#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "model/activation.h"
#include "model/attention_table.h"
#include "model/pairs.h"
#include "model/tail.h"
#include "tests/verify/brute_force.h"

namespace carryscope::test {

// What is cut from the plain forward pass.
struct Cut {
  int position = -1;  // of a key, at every step that reads it
  std::string_view kind{};
  int head = -1, neuron = -1;
  std::vector<double> output{};  // what the head always gives
  double activation = 0.0;
};

class AblatedReference {
  using Vector = std::vector<double>;

 public:
  AblatedReference(const model::Decoder& decoder, const Cut& cut)
      : decoder_(decoder), cut_(cut), maps_(decoder.layers[0]), embedding_(decoder) {}

  // The true digit's logit minus the best other one, at the step. NaN where a head is left without any key:
  // 0/0 is no function to count.
  double margin(int step, model::Pair pair) {
    const std::vector<int> tokens = model::tokenise(decoder_.layout, pair);
    query_ = decoder_.layout.query_position(step);
    states_.clear();
    for (int p = 0; p <= query_; ++p) states_.push_back(state(p, tokens[index(p)]));
    Vector x = embedding_(query_, tokens[index(query_)]);
    for (int h = 0; h < maps_.shape().heads; ++h) {
      const Vector out = h == cut_.head ? cut_.output : head(h);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += out[i];
    }
    const auto& bias = maps_.shape().output_bias.value;
    for (std::size_t i = 0; i < bias.size(); ++i) x[i] += bias[i];
    feed_forward(x);
    return margin_of(x, tokens[index(query_ + 1)]);
  }

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  using State = model::AttentionMaps<double>::State;
  State state(int position, int token) { return maps_.state(position, embedding_(position, token)); }

  double weight(int h, int position, const State& key) {
    const auto score = maps_.score(h, query_, states_.back(), position, key);
    return score ? std::exp(*score) : 0.0;
  }
  void add(int h, double weight, const State& key, Vector& mixed) {
    for (std::size_t v = 0; v < mixed.size(); ++v)
      mixed[v] += weight * key.value[index(maps_.kv_head(h)) * mixed.size() + v];
  }

  Vector head(int h) {
    const model::Attention& a = maps_.shape();
    Vector mixed(index(a.value_dim));
    double total = a.softmax == model::Softmax::plus_one ? 1.0 : 0.0;
    for (int p = 0; p <= query_; ++p) {
      const double w = weight(h, p, states_[index(p)]);
      if (p == cut_.position && cut_.kind == "mask") continue;
      if (p == cut_.position && cut_.kind == "mean") {
        total += add_mean(h, p, mixed);
        continue;
      }
      total += w;
      if (p != cut_.position) add(h, w, states_[index(p)], mixed);
    }
    if (!(total > 0.0)) return Vector(index(decoder_.width()), std::numeric_limits<double>::quiet_NaN());
    Vector out(index(decoder_.width()));
    for (int v = 0; v < a.value_dim; ++v)
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] +=
            mixed[index(v)] / total * a.output.value[a.output.at(h * a.value_dim + v, static_cast<int>(i))];
    return out;
  }

  // A digit of an operand or of the sum is any of ten alike, the sum's first digit 0 or 1.
  double add_mean(int h, int position, Vector& mixed) {
    const model::Slot& slot = decoder_.layout.slot(position);
    const bool top = slot.role == model::Role::sum && slot.place == decoder_.layout.digits;
    const double n = static_cast<double>(model::power_of_ten(decoder_.layout.digits)),
                 carries = (n - 1) / (2 * n);
    double total = 0.0;
    for (int d = 0; d < (top ? 2 : 10); ++d) {
      const State key = state(position, decoder_.layout.digit_tokens[index(d)]);
      const double w = weight(h, position, key) * (!top ? 0.1 : d == 1 ? carries : 1.0 - carries);
      total += w;
      add(h, w, key, mixed);
    }
    return total;
  }

  void feed_forward(Vector& x) const {
    const auto& mlp = decoder_.layers[0].mlp;
    if (!mlp) return;
    Vector y = x;
    model::Normalise<double>(decoder_.layers[0].mlp_norm).apply(y);
    const auto mapped = [&](const model::Weights& w, const model::Weights& bias, int j) {
      double sum = bias.empty() ? 0.0 : bias.value[index(j)];
      for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] * w.value[w.at(static_cast<int>(i), j)];
      return sum;
    };
    for (int j = 0; j < mlp->up.cols; ++j) {
      double n = mapped(mlp->up, mlp->up_bias, j);
      n = mlp->gate.empty() ? model::activate(mlp->activation, n)
                            : n * model::activate(mlp->activation, mapped(mlp->gate, mlp->gate_bias, j));
      if (j == cut_.neuron) n = cut_.activation;
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] += n * mlp->down.value[mlp->down.at(j, static_cast<int>(i))];
    }
    for (std::size_t i = 0; i < mlp->down_bias.value.size(); ++i) x[i] += mlp->down_bias.value[i];
  }

  double margin_of(Vector x, int target) const {
    model::Normalise<double>(decoder_.final_norm).apply(x);
    Vector logits(index(decoder_.vocabulary));
    model::Linear<double>(decoder_.head, decoder_.head_bias)
        .apply(std::span<const double>(x), std::span(logits));
    double least = std::numeric_limits<double>::infinity();
    for (int token = 0; token < decoder_.vocabulary; ++token)
      if (std::isnan(logits[index(token)])) return logits[index(token)];
    for (int token = 0; token < decoder_.vocabulary; ++token)
      if (token != target) least = std::min(least, logits[index(target)] - logits[index(token)]);
    return least;
  }

  const model::Decoder& decoder_;
  const Cut& cut_;
  model::AttentionMaps<double> maps_;
  model::Embedding<double> embedding_;
  int query_ = 0;
  std::vector<State> states_;
};

// Wrong pairs for sure, and those that doubles cannot tell: by step, at last of any step.
struct CutTruth {
  std::vector<std::uint64_t> wrong, unclear;
};

inline CutTruth brute_force(const model::Decoder& decoder, const Cut& cut) {
  AblatedReference reference(decoder, cut);
  const int steps = decoder.layout.answer_digits();
  const std::vector<std::uint64_t> none(static_cast<std::size_t>(steps + 1));
  CutTruth truth{none, none};
  for (std::uint64_t i = 0; i < domain_size(decoder.layout.digits); ++i) {
    double least = std::numeric_limits<double>::infinity();
    bool nan = false;
    for (int step = 0; step <= steps; ++step) {
      const auto at = static_cast<std::size_t>(step);
      double margin = step < steps ? reference.margin(step, pair_of(i, decoder.layout.digits)) : least;
      if (step == steps && nan && !(least < -1e-9)) margin = std::numeric_limits<double>::quiet_NaN();
      truth.wrong[at] += margin < -1e-9;
      truth.unclear[at] += !(margin < -1e-9) && !(margin > 1e-9);
      nan |= std::isnan(margin);
      if (!std::isnan(margin)) least = std::min(least, margin);
    }
  }
  return truth;
}

}  // namespace carryscope::test
