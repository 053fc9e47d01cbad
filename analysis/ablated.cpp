#include "analysis/ablated.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "verify/elementary.h"
#include "verify/rounding.h"

namespace carryscope::analysis {
namespace {

using model::Decoder, model::Weights;
using verify::Attended, verify::Cube, verify::Interval, verify::Reading;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

void mask(std::vector<Reading>& readings, std::span<const double>) {
  for (Reading& r : readings) r.weight = 0.0;
}

void zero(std::vector<Reading>& readings, std::span<const double>) {
  for (Reading& r : readings) std::ranges::fill(r.contribution, Interval(0.0));
}

// E and E C become their means.
void mean(std::vector<Reading>& readings, std::span<const double> share) {
  double weight = 0.0;
  std::vector<double> weighted(readings[0].contribution.size());
  for (std::size_t d = 0; d < readings.size(); ++d) {
    const double part = share[d] * readings[d].weight.mid();
    weight += part;
    for (std::size_t i = 0; i < weighted.size(); ++i) weighted[i] += part * readings[d].contribution[i].mid();
  }
  if (weight == 0.0) return mask(readings, share);
  for (Reading& r : readings) {
    r.weight = weight;
    for (std::size_t i = 0; i < weighted.size(); ++i) r.contribution[i] = weighted[i] / weight;
  }
}

constexpr KeyAblation kKeyAblations[] = {
    {"mask", "the key is not seen: its attention goes to the other keys", false, mask},
    {"zero", "the key is seen as before, its value is zero", false, zero},
    {"mean", "weight and weighted value are their means over all pairs, whatever digit is there", true, mean},
};

std::array<double, 10> digit_shares(verify::Token token, int digits) {
  std::array<double, 10> share{};
  for (int d = 0; d < 10; ++d) {
    Cube cube = Cube::everything(digits);
    cube.allowed(token.role, token.place) = verify::only(d);
    share[index(d)] =
        static_cast<double>(verify::count(cube)) / static_cast<double>(verify::all_pairs(digits));
  }
  return share;
}

void clear_row(Weights& w, int row) {
  for (auto* part : {&w.value, &w.radius, &w.magnitude})
    if (!part->empty()) std::fill_n(part->begin() + row * w.cols, w.cols, 0.0);
}

void add_to_bias(Weights& bias, std::span<const double> constant) {
  if (bias.empty()) bias = Weights(1, static_cast<int>(constant.size()));
  for (std::size_t i = 0; i < constant.size(); ++i) {
    bias.value[i] += constant[i];
    if (!bias.magnitude.empty()) bias.magnitude[i] += std::abs(constant[i]);
  }
}

}  // namespace

std::span<const KeyAblation> key_ablations() { return kKeyAblations; }

Network::Network(const Decoder& d) : decoder(d) {
  const verify::RoundUpward upward;
  table = std::make_unique<const model::AttentionTable<Interval>>(decoder);
  for (int step = 0; step < decoder.layout.answer_digits(); ++step) {
    const model::Slot& own = decoder.layout.slot(decoder.layout.query_position(step));
    steps.emplace_back();
    for (int symbol = 0; symbol < model::symbols(own); ++symbol)
      steps.back().push_back(verify::attend(*table, step, symbol));
  }
}

void cut_key(Attended& read, int position, int digits, const KeyAblation& how) {
  const verify::Cell& cell = read.cells[index(position)];
  const auto share = cell.fixed ? std::array<double, 10>{1.0} : digit_shares(cell.token, digits);
  for (auto& cells : read.readings) how.cut(cells[index(position)], share);
}

Decoder with_head_held(Decoder decoder, int head, std::span<const double> output) {
  model::Attention& a = *decoder.layers[0].attention;
  for (int v = 0; v < a.value_dim; ++v) clear_row(a.output, head * a.value_dim + v);
  add_to_bias(a.output_bias, output);
  return decoder;
}

Decoder with_neuron_held(Decoder decoder, int neuron, double activation) {
  model::Mlp& mlp = *decoder.layers[0].mlp;
  std::vector<double> constant;
  for (int i = 0; i < mlp.down.cols; ++i)
    constant.push_back(activation * mlp.down.value[mlp.down.at(neuron, i)]);
  clear_row(mlp.down, neuron);
  add_to_bias(mlp.down_bias, constant);
  return decoder;
}

}  // namespace carryscope::analysis
