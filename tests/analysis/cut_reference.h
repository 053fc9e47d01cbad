// The plain forward pass of a one-layer decoder at one step, of which parts are cut as it goes. Shares with
// analysis/ the names of parts and nothing else.
#pragma once

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/activation.h"
#include "model/attention_table.h"
#include "model/pairs.h"
#include "tests/verify/brute_force.h"

namespace carryscope::test {

class CutReference {
 public:
  using Parts = std::set<std::string>;  // "a_t", "far s", "neuron 3", "head 0"
  struct Answer {
    int token = 0;
    double margin = 0.0;
  };

  CutReference(const model::Decoder& decoder, const std::vector<model::Pair>& means)
      : decoder_(decoder), layer_(decoder.layers[0]), maps_(layer_), embedding_(decoder) {
    neuron_mean_.resize(index(decoder.layout.answer_digits()));
    head_mean_.resize(neuron_mean_.size());
    for (int step = 0; step < decoder.layout.answer_digits(); ++step)
      for (const model::Pair pair : means) add_to_means(step, pair, 1.0 / static_cast<double>(means.size()));
  }

  Answer answer(int step, model::Pair pair, const Parts& cut) { return run(step, pair, cut, true); }

  // What can be cut from the step.
  Parts parts(int step) const {
    Parts all;
    for (int p = 0; p < decoder_.layout.query_position(step); ++p)
      if (decoder_.layout.slot(p).role != model::Role::fixed) all.insert(role(step, p));
    const int heads = maps_.shape().heads;
    for (int h = 0; heads > 1 && h < heads; ++h) all.insert("head " + std::to_string(h));
    for (int j = 0; layer_.mlp && j < layer_.mlp->up.cols; ++j) all.insert("neuron " + std::to_string(j));
    return all;
  }

 private:
  using Vector = std::vector<double>;
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }

  std::string role(int step, int position) const {
    const model::Slot& slot = decoder_.layout.slot(position);
    const std::string letter = slot.role == model::Role::a ? "a" : slot.role == model::Role::b ? "b" : "s";
    const int place = decoder_.layout.answer[index(step)].place;
    if (slot.place == place && letter != "s") return letter + "_t";
    if (slot.place == place - 1) return letter + "_t-1";
    return "far " + letter;
  }

  void add_to_means(int step, model::Pair pair, double part) {
    const auto add = [&](Vector& mean, const Vector& x) {
      mean.resize(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) mean[i] += part * x[i];
    };
    run(step, pair, {}, false);
    add(neuron_mean_[index(step)], neurons_);
    head_mean_[index(step)].resize(heads_.size());
    for (std::size_t h = 0; h < heads_.size(); ++h) add(head_mean_[index(step)][h], heads_[h]);
  }

  // (weight, weighted value) of one key for one head, perhaps its mean over the digits.
  void add_key(int step, int h, int position, int token, bool mean, double& total, Vector& mixed) {
    const int query = decoder_.layout.query_position(step);
    const auto add = [&](int key_token, double part) {
      const auto key = maps_.state(position, embedding_(position, key_token));
      const auto score = maps_.score(h, query, query_, position, key);
      const double w = score ? part * std::exp(*score) : 0.0;
      total += w;
      for (std::size_t v = 0; v < mixed.size(); ++v)
        mixed[v] += w * key.value[index(maps_.kv_head(h)) * mixed.size() + v];
    };
    if (!mean) return add(token, 1.0);
    const model::Slot& slot = decoder_.layout.slot(position);
    const double n = static_cast<double>(model::power_of_ten(decoder_.layout.digits));
    const double one = (n - 1) / (2 * n);  // of all pairs have a sum of one digit more
    const bool top = slot.role == model::Role::sum && slot.place == decoder_.layout.digits;
    for (int d = 0; d < (top ? 2 : 10); ++d)
      add(decoder_.layout.digit_tokens[index(d)], !top ? 0.1 : d == 1 ? one : 1.0 - one);
  }

  Vector head(int step, int h, const std::vector<int>& tokens, const Parts& cut) {
    const model::Attention& a = maps_.shape();
    const int query = decoder_.layout.query_position(step);
    Vector mixed(index(a.value_dim)), out(index(decoder_.width()));
    double total = a.softmax == model::Softmax::plus_one ? 1.0 : 0.0;
    for (int p = 0; p <= query; ++p) {
      const bool digit = p != query && decoder_.layout.slot(p).role != model::Role::fixed;
      add_key(step, h, p, tokens[index(p)], digit && cut.contains(role(step, p)), total, mixed);
    }
    for (int v = 0; v < a.value_dim; ++v)
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] +=
            mixed[index(v)] / total * a.output.value[a.output.at(h * a.value_dim + v, static_cast<int>(i))];
    return out;
  }

  Answer run(int step, model::Pair pair, const Parts& cut, bool hold) {
    const std::vector<int> tokens = model::tokenise(decoder_.layout, pair);
    const int q = decoder_.layout.query_position(step);
    Vector x = embedding_(q, tokens[index(q)]);
    query_ = maps_.state(q, x);
    heads_.clear();
    for (int h = 0; h < maps_.shape().heads; ++h) {
      heads_.push_back(head(step, h, tokens, cut));
      const bool held = hold && cut.contains("head " + std::to_string(h));
      const Vector& out = held ? head_mean_[index(step)][index(h)] : heads_.back();
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += out[i];
    }
    const auto& bias = maps_.shape().output_bias.value;
    for (std::size_t i = 0; i < bias.size(); ++i) x[i] += bias[i];
    feed_forward(step, x, cut);
    return read_off(x);
  }

  void feed_forward(int step, Vector& x, const Parts& cut) {
    neurons_.clear();
    if (!layer_.mlp) return;
    const model::Mlp& mlp = *layer_.mlp;
    Vector y = x;
    model::Normalise<double>(layer_.mlp_norm).apply(y);
    const auto mapped = [&](const model::Weights& w, const model::Weights& bias, int j) {
      double sum = bias.empty() ? 0.0 : bias.value[index(j)];
      for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] * w.value[w.at(static_cast<int>(i), j)];
      return sum;
    };
    for (int j = 0; j < mlp.up.cols; ++j) {
      double n = mapped(mlp.up, mlp.up_bias, j);
      n = mlp.gate.empty() ? model::activate(mlp.activation, n)
                           : n * model::activate(mlp.activation, mapped(mlp.gate, mlp.gate_bias, j));
      neurons_.push_back(n);
      if (cut.contains("neuron " + std::to_string(j))) n = neuron_mean_[index(step)][index(j)];
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] += n * mlp.down.value[mlp.down.at(j, static_cast<int>(i))];
    }
    for (std::size_t i = 0; i < mlp.down_bias.value.size(); ++i) x[i] += mlp.down_bias.value[i];
  }

  Answer read_off(Vector x) const {
    model::Normalise<double>(decoder_.final_norm).apply(x);
    Vector logits(index(decoder_.vocabulary));
    model::Linear<double>(decoder_.head, decoder_.head_bias)
        .apply(std::span<const double>(x), std::span(logits));
    Answer best{0, std::numeric_limits<double>::infinity()};
    for (int t = 1; t < decoder_.vocabulary; ++t)
      if (logits[index(t)] > logits[index(best.token)]) best.token = t;
    for (int t = 0; t < decoder_.vocabulary; ++t)
      if (t != best.token) best.margin = std::min(best.margin, logits[index(best.token)] - logits[index(t)]);
    return best;
  }

  const model::Decoder& decoder_;
  const model::Layer& layer_;
  model::AttentionMaps<double> maps_;
  model::Embedding<double> embedding_;
  model::AttentionMaps<double>::State query_;
  std::vector<Vector> heads_;
  Vector neurons_;
  std::vector<Vector> neuron_mean_;             // [step]
  std::vector<std::vector<Vector>> head_mean_;  // [step][head]
};

}  // namespace carryscope::test
