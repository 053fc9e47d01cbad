#include "analysis/anatomy.h"

#include <algorithm>
#include <limits>

#include "model/activation.h"

namespace carryscope::analysis {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

Vector applied(const model::Linear<double>& linear, const Vector& x) {
  Vector y(index(linear.cols));
  linear.apply(std::span<const double>(x), std::span<double>(y));
  return y;
}

}  // namespace

Anatomist::Anatomist(const model::AttentionTable<double>& table)
    : table_(table),
      embedding_(table.decoder()),
      final_norm_(table.decoder().final_norm),
      head_(table.decoder().head, table.decoder().head_bias) {
  const model::Layer& layer = table.decoder().layers[0];
  if (!layer.mlp) return;
  mlp_norm_ = model::Normalise<double>(layer.mlp_norm);
  up_ = model::Linear<double>(layer.mlp->up, layer.mlp->up_bias);
  gate_ = model::Linear<double>(layer.mlp->gate, layer.mlp->gate_bias);
  down_ = model::Linear<double>(layer.mlp->down, layer.mlp->down_bias);
}

Anatomy Anatomist::operator()(std::span<const int> tokens) const {
  Anatomy out;
  out.embedding = embedding_(static_cast<int>(tokens.size()) - 1, tokens.back());
  attend(tokens, out);
  feed_forward(out);
  out.normed = out.after;
  final_norm_.apply(out.normed);
  out.logits = applied(head_, out.normed);
  return out;
}

void Anatomist::attend(std::span<const int> tokens, Anatomy& out) const {
  const auto& maps = table_.maps();
  const model::Attention& shape = maps.shape();
  std::vector<model::AttentionMaps<double>::State> states;
  for (std::size_t p = 0; p < tokens.size(); ++p)
    states.push_back(maps.state(static_cast<int>(p), embedding_(static_cast<int>(p), tokens[p])));
  out.before = out.embedding;
  for (int h = 0; h < shape.heads; ++h) {
    const bool plus_one = shape.softmax == model::Softmax::plus_one;
    Vector scores;
    double largest = plus_one ? 0.0 : model::kMasked;
    for (std::size_t p = 0; p < tokens.size(); ++p) {
      scores.push_back(
          maps.score(h, static_cast<int>(tokens.size()) - 1, states.back(), static_cast<int>(p), states[p])
              .value_or(model::kMasked));
      largest = std::max(largest, scores.back());
    }
    double total = plus_one ? std::exp(-largest) : 0.0;
    for (double& s : scores) total += s = s == model::kMasked ? 0.0 : std::exp(s - largest);
    if (total > 0)
      for (double& s : scores) s /= total;
    Vector mixed(index(shape.heads * shape.value_dim)), added;
    for (std::size_t p = 0; p < tokens.size(); ++p)
      for (int v = 0; v < shape.value_dim; ++v)
        mixed[index(h * shape.value_dim + v)] +=
            scores[p] * states[p].value[index(maps.kv_head(h) * shape.value_dim + v)];
    for (int c = 0; c < maps.output().cols; ++c) {
      const Vector& bias = maps.output().bias;
      added.push_back(maps.output().apply(std::span<const double>(mixed), c) -
                      (bias.empty() ? 0.0 : bias[index(c)]));
      out.before[index(c)] += added.back() + (h == 0 && !bias.empty() ? bias[index(c)] : 0.0);
    }
    out.share.push_back(std::move(scores));
    out.head.push_back(std::move(added));
  }
}

void Anatomist::feed_forward(Anatomy& out) const {
  out.after = out.before;
  if (up_.empty()) return;
  Vector x = out.before;
  mlp_norm_.apply(x);
  out.neurons = applied(up_, x);
  const model::Activation activation = table_.decoder().layers[0].mlp->activation;
  const Vector gate = gate_.empty() ? Vector{} : applied(gate_, x);
  for (std::size_t j = 0; j < out.neurons.size(); ++j)
    out.neurons[j] = gate.empty() ? model::activate(activation, out.neurons[j])
                                  : model::activate(activation, gate[j]) * out.neurons[j];
  const Vector added = applied(down_, out.neurons);
  for (std::size_t i = 0; i < added.size(); ++i) out.after[i] += added[i];
}

std::string slot_name(const model::Slot& slot) {
  if (slot.role == model::Role::fixed) return "'" + std::to_string(slot.token) + "'";
  constexpr std::string_view kLetters = "abs";
  return std::string(1, kLetters[static_cast<std::size_t>(slot.role)]) + std::to_string(slot.place);
}

double inverse_root(const model::Norm& norm, const Vector& x) {
  if (norm.type == model::NormType::none) return 1.0;
  double mean = 0.0, square = 0.0;
  if (norm.type == model::NormType::layer)
    for (const double v : x) mean += v / static_cast<double>(x.size());
  for (const double v : x) square += (v - mean) * (v - mean) / static_cast<double>(x.size());
  return 1.0 / std::sqrt(square + norm.eps);
}

double margin_of(std::span<const double> logits, int token) {
  double best = -std::numeric_limits<double>::infinity();
  for (std::size_t v = 0; v < logits.size(); ++v)
    if (v != index(token)) best = std::max(best, logits[v]);
  return logits[index(token)] - best;
}

}  // namespace carryscope::analysis
