#include "analysis/step_parts.h"

#include <algorithm>

#include "model/activation.h"
#include "verify/elementary.h"

namespace carryscope::analysis {
namespace {

using model::Pair, model::Role;
using verify::Attended, verify::Interval, verify::Reading;

std::size_t index(int i) { return static_cast<std::size_t>(i); }
bool has(Cut cut, std::size_t part) { return part < StepParts::kMost && (cut >> part & 1); }

const KeyAblation& by_mean() { return *std::ranges::find(key_ablations(), true, &KeyAblation::of_digits); }

void add_mean(Vector& mean, const Vector& x, double part) {
  mean.resize(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) mean[i] += part * x[i];
}

}  // namespace

std::vector<Anatomy> anatomies(const Anatomist& dissect, const model::Layout& layout, int step,
                               std::span<const Pair> pairs) {
  std::vector<Anatomy> all;
  for (const Pair pair : pairs) {
    const std::vector<int> tokens = model::tokenise(layout, pair);
    all.push_back(dissect(std::span(tokens).first(index(layout.query_position(step) + 1))));
  }
  return all;
}

StepParts::StepParts(const Network& whole, int step, const std::vector<Anatomy>& sample)
    : whole_(whole),
      step_(step),
      width_(index(whole.decoder.width())),
      heads_(index(whole.decoder.layers[0].attention->heads)),
      head_mean_(heads_),
      final_norm_(whole.decoder.final_norm),
      head_(whole.decoder.head, whole.decoder.head_bias) {
  const double part = 1.0 / static_cast<double>(sample.size());
  for (const Anatomy& a : sample) {
    for (std::size_t h = 0; h < heads_; ++h) add_mean(head_mean_[h], a.head[h], part);
    add_mean(neuron_mean_, a.neurons, part);
  }
  const model::Layout& layout = whole.decoder.layout;
  for (const TokenRole& role : token_roles()) {
    auto states = whole.steps[index(step)];
    if (!cut_role(states, layout, role, by_mean())) continue;
    roles_.push_back(&role);
    parts_.push_back({role.name, -1});
  }
  first_neuron_ = parts_.size();
  for (std::size_t j = 0; j < neuron_mean_.size(); ++j) parts_.push_back({"neuron", static_cast<int>(j)});
  first_head_ = parts_.size();
  for (std::size_t h = 0; heads_ > 1 && h < heads_; ++h) parts_.push_back({"head", static_cast<int>(h)});
  group_ = groups(layout);
  const auto without = states((Cut{1} << roles_.size()) - 1, by_mean());
  for (std::size_t s = 0; s < without.size(); ++s)
    queries_.push_back(query(whole.steps[index(step)][s], without[s]));
  const model::Layer& layer = whole.decoder.layers[0];
  if (!layer.mlp) return;
  mlp_norm_ = model::Normalise<double>(layer.mlp_norm);
  up_ = model::Linear<double>(layer.mlp->up, layer.mlp->up_bias);
  gate_ = model::Linear<double>(layer.mlp->gate, layer.mlp->gate_bias);
}

std::vector<std::size_t> StepParts::groups(const model::Layout& layout) const {
  const auto& cells = whole_.steps[index(step_)][0].cells;
  std::vector<std::size_t> group(cells.size(), roles_.size());
  for (std::size_t p = 0; p + 1 < cells.size(); ++p)  // the last cell is no position
    for (std::size_t r = 0; r < roles_.size(); ++r)
      if (!cells[p].fixed &&
          roles_[r]->holds(layout.slot(static_cast<int>(p)), layout.answer[index(step_)].place))
        group[p] = r;
  return group;
}

std::vector<Attended> StepParts::states(Cut cut, const KeyAblation& how) const {
  std::vector<Attended> states = whole_.steps[index(step_)];
  for (std::size_t r = 0; r < roles_.size(); ++r)
    if (has(cut, r)) cut_role(states, whole_.decoder.layout, *roles_[r], how);
  for (std::size_t h = 0; first_head_ + h < parts_.size(); ++h)
    if (has(cut, first_head_ + h)) {
      std::vector<Interval> held(width_);
      if (how.of_digits) std::ranges::copy(head_mean_[h], held.begin());
      for (Attended& read : states)
        for (auto& cell : read.readings[h])
          for (Reading& r : cell) r.contribution = held;
    }
  return states;
}

model::Decoder StepParts::decoder(Cut cut, const KeyAblation& how) const {
  model::Decoder decoder = whole_.decoder;
  for (std::size_t j = 0; j < neuron_mean_.size(); ++j)
    if (has(cut, first_neuron_ + j))
      decoder =
          with_neuron_held(std::move(decoder), static_cast<int>(j), how.of_digits ? neuron_mean_[j] : 0.0);
  return decoder;
}

StepParts::Query StepParts::query(const Attended& read, const Attended& without) const {
  Query q;
  for (const auto& x : read.residual) q.residual.push_back(x.mid());
  const model::Weights& bias = whole_.decoder.layers[0].attention->output_bias;
  for (std::size_t i = 0; i < bias.value.size(); ++i) q.residual[i] += bias.value[i];
  const std::size_t cells = read.cells.size();
  q.table.assign(heads_ * cells * model::kSymbols * entry(), 0.0);
  q.cut.assign(heads_ * roles_.size() * entry(), 0.0);
  const auto add = [&](const Reading& r, double* to) {
    const double weight = r.weight.mid();
    *to += weight;
    for (std::size_t i = 0; i < r.contribution.size(); ++i) to[1 + i] += weight * r.contribution[i].mid();
  };
  for (std::size_t h = 0; h < heads_; ++h)
    for (std::size_t c = 0; c < cells; ++c) {
      for (std::size_t d = 0; d < read.readings[h][c].size(); ++d)
        add(read.readings[h][c][d], &q.table[((h * cells + c) * model::kSymbols + d) * entry()]);
      if (group_[c] < roles_.size())
        add(without.readings[h][c][0], &q.cut[(h * roles_.size() + group_[c]) * entry()]);
    }
  return q;
}

StepParts::Sums StepParts::read(Pair pair) const {
  const auto& states = whole_.steps[index(step_)];
  const model::Layout& layout = whole_.decoder.layout;
  const model::Slot& own = layout.slot(layout.query_position(step_));
  Sums r;
  r.symbol = own.role == Role::fixed ? 0 : index(verify::digit_of({own.role, own.place}, pair));
  const std::vector<double>& table = queries_[r.symbol].table;
  const auto& cells = states[r.symbol].cells;
  const std::size_t groups = roles_.size() + 1;
  r.part.assign(heads_ * groups * entry(), 0.0);
  for (std::size_t h = 0; h < heads_; ++h)
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::size_t d = cells[c].fixed ? 0 : index(verify::digit_of(cells[c].token, pair));
      const double* from = &table[((h * cells.size() + c) * model::kSymbols + d) * entry()];
      double* to = &r.part[(h * groups + group_[c]) * entry()];
      for (std::size_t i = 0; i < entry(); ++i) to[i] += from[i];
    }
  return r;
}

void StepParts::attend(const Sums& sums, Cut cut, Vector& x) const {
  const Query& q = queries_[sums.symbol];
  const std::size_t groups = roles_.size() + 1;
  x = q.residual;
  thread_local Vector sum;
  for (std::size_t h = 0; h < heads_; ++h) {
    if (heads_ > 1 && has(cut, first_head_ + h)) {
      for (std::size_t i = 0; i < width_; ++i) x[i] += head_mean_[h][i];
      continue;
    }
    sum.assign(entry(), 0.0);
    for (std::size_t g = 0; g < groups; ++g) {
      const double* from = g < roles_.size() && has(cut, g) ? &q.cut[(h * roles_.size() + g) * entry()]
                                                            : &sums.part[(h * groups + g) * entry()];
      for (std::size_t i = 0; i < entry(); ++i) sum[i] += from[i];
    }
    if (sum[0] > 0.0)
      for (std::size_t i = 0; i < width_; ++i) x[i] += sum[1 + i] / sum[0];
  }
}

void StepParts::feed_forward(Cut cut, Vector& x) const {
  if (up_.empty()) return;
  const model::Mlp& mlp = *whole_.decoder.layers[0].mlp;
  thread_local Vector y;
  y = x;
  mlp_norm_.apply(y);
  const std::span<const double> normed(y);
  for (int j = 0; j < up_.cols; ++j) {
    double n = neuron_mean_[index(j)];
    if (!has(cut, first_neuron_ + index(j))) {
      n = up_.apply(normed, j);
      n = gate_.empty() ? model::activate(mlp.activation, n)
                        : n * model::activate(mlp.activation, gate_.apply(normed, j));
    }
    const double* row = &mlp.down.value[mlp.down.at(j, 0)];
    for (std::size_t i = 0; i < width_; ++i) x[i] += n * row[i];
  }
  for (std::size_t i = 0; i < mlp.down_bias.value.size(); ++i) x[i] += mlp.down_bias.value[i];
}

Written StepParts::answer(const Sums& sums, Cut cut) const {
  thread_local Vector x, logits;
  attend(sums, cut, x);
  feed_forward(cut, x);
  final_norm_.apply(x);
  logits.resize(index(head_.cols));
  head_.apply(std::span<const double>(x), std::span(logits));
  const auto best = std::ranges::max_element(logits);
  const int token = static_cast<int>(best - logits.begin());
  return {token, margin_of(logits, token)};
}

}  // namespace carryscope::analysis
