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

std::array<double, 10> digit_shares(verify::Token token, const Cube& standing) {
  std::array<double, 10> share{};
  const auto all = static_cast<double>(verify::count(standing));
  for (int d = 0; d < 10; ++d) {
    Cube cube = standing;
    auto& allowed = cube.allowed(token.role, token.place);
    allowed = static_cast<verify::Digits>(allowed & verify::only(d));
    share[index(d)] = static_cast<double>(verify::count(cube)) / all;
  }
  return share;
}

// y = (x - its mean, for LayerNorm) scale * weight + bias, then y W + b: as one map of x.
void fold(const model::Norm& norm, double scale, Weights& w, Weights* b) {
  std::vector<Interval> map;  // rows x cols
  std::vector<Interval> added(index(w.cols), 0.0);
  for (int r = 0; r < w.rows; ++r)
    for (int c = 0; c < w.cols; ++c) {
      const std::size_t at = w.at(r, c);
      const Interval stored = model::Number<Interval>::weight(w.value[at], w.radius_at(at));
      map.push_back(stored * scale * (norm.weight.empty() ? 1.0 : norm.weight.value[index(r)]));
      if (!norm.bias.empty()) added[index(c)] += stored * norm.bias.value[index(r)];
    }
  for (int c = 0; norm.type == model::NormType::layer && c < w.cols; ++c) {
    Interval mean = 0.0;
    for (int r = 0; r < w.rows; ++r) mean += map[w.at(r, c)];
    mean = mean / Interval(w.rows);
    for (int r = 0; r < w.rows; ++r) map[w.at(r, c)] -= mean;
  }
  if (b && !norm.bias.empty()) {
    if (b->empty()) *b = Weights(1, w.cols);
    for (int c = 0; c < w.cols; ++c)
      added[index(c)] += model::Number<Interval>::weight(b->value[index(c)], b->radius_at(index(c)));
    b->radius.assign(index(w.cols), 0.0);
    b->magnitude.clear();
    for (int c = 0; c < w.cols; ++c) {
      b->value[index(c)] = added[index(c)].mid();
      b->radius[index(c)] = added[index(c)].radius();
    }
  }
  w.radius.assign(map.size(), 0.0);
  w.magnitude.clear();
  for (std::size_t i = 0; i < map.size(); ++i) {
    w.value[i] = map[i].mid();
    w.radius[i] = map[i].radius();
  }
}

using Readers = std::vector<std::pair<Weights*, Weights*>>;

constexpr NormPlace kNormPlaces[] = {
    {"norm before attention", [](Decoder& d) -> model::Norm& { return d.layers[0].norm; },
     [](Decoder& d) {
       model::Attention& a = *d.layers[0].attention;
       return Readers{{&a.query, &a.query_bias}, {&a.key, &a.key_bias}, {&a.value, &a.value_bias}};
     }},
    {"norm before feed-forward", [](Decoder& d) -> model::Norm& { return d.layers[0].mlp_norm; },
     [](Decoder& d) {
       if (!d.layers[0].mlp) return Readers{};
       model::Mlp& mlp = *d.layers[0].mlp;
       return Readers{{&mlp.up, &mlp.up_bias}, {&mlp.gate, &mlp.gate_bias}};
     }},
    {"norm before head", [](Decoder& d) -> model::Norm& { return d.final_norm; },
     [](Decoder& d) {
       return Readers{{&d.head, &d.head_bias}};
     }},
};

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

void cut_key(Attended& read, int position, const KeyAblation& how, const Cube& standing) {
  const verify::Cell& cell = read.cells[index(position)];
  const auto share = cell.fixed ? std::array<double, 10>{1.0} : digit_shares(cell.token, standing);
  for (auto& cells : read.readings) how.cut(cells[index(position)], share);
}

void hold_head(Attended& read, int head, std::span<const double> output) {
  auto& cells = read.readings[index(head)];
  for (auto& cell : cells)
    for (Reading& r : cell) r.weight = 0.0;
  for (Reading& r : cells[0]) {
    r.weight = 1.0;
    r.contribution.assign(output.begin(), output.end());
  }
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

std::span<const NormPlace> norm_places() { return kNormPlaces; }

Decoder with_norm_held(Decoder decoder, const NormPlace& place, double scale) {
  verify::ensure_upward();
  const model::Norm norm = std::exchange(place.of(decoder), {});
  for (const auto& [map, bias] : place.readers(decoder))
    if (!map->empty()) fold(norm, scale, *map, bias);
  return decoder;
}

}  // namespace carryscope::analysis
