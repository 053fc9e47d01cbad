#include "verify/check/network.h"

#include <algorithm>

#include "model/error.h"

namespace carryscope::verify::check {

namespace {

using model::NormType, model::Weights;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

double entry(const model::Tensor& t, int row, int col) {
  const int cols = t.shape.size() == 1 ? t.shape[0] : t.shape[1];
  return t.values.at(index(row * cols + col));
}

}  // namespace

Network::Network(const model::Checkpoint& checkpoint, const Rounding& rounding, const std::string& where)
    : decoder_(checkpoint.decoder), fl_(rounding) {
  if (decoder_.layers.size() != 1 || !decoder_.layers[0].attention)
    throw model::InputError(where + ": certificates are about models of one layer with attention; this has " +
                            std::to_string(decoder_.layers.size()) + " layers");
  if (checkpoint.factored)
    for (const model::Product& p : model::products(checkpoint.factored->config))
      matrices_[&dense(decoder_, p.dense)] = multiplied(p, *checkpoint.factored);
  const model::Decoder& d = decoder_;
  const model::Layer& layer = d.layers[0];
  const model::Attention& a = *layer.attention;
  for (const Weights* w :
       {&d.token_embedding, &d.position_embedding, &a.query, &a.key, &a.value, &a.query_bias, &a.key_bias,
        &a.value_bias, &a.output, &a.output_bias, &d.head, &d.head_bias})
    read(*w);
  for (const model::Norm* n : {&layer.norm, &layer.mlp_norm, &d.final_norm}) read(*n);
  if (a.query_norm) read(*a.query_norm);
  if (a.key_norm) read(*a.key_norm);
  if (layer.mlp)
    for (const Weights* w : {&layer.mlp->up, &layer.mlp->up_bias, &layer.mlp->gate, &layer.mlp->gate_bias,
                             &layer.mlp->down, &layer.mlp->down_bias})
      read(*w);
  scale_ = checkpoint.factored ? fl_({Ball(1.0) / sqrt(Ball(a.head_dim))}) : fl_.stored(a.score_scale.value);
  for (int p = 0; p < d.layout.input_length(); ++p)
    for (int t = 0; t < d.vocabulary; ++t) states_[{p, t}] = read_state(p, t);
}

// What a row of the table of products means.
Matrix Network::multiplied(const model::Product& p, const model::Factored& factored) const {
  const model::Tensor& left = factored.at(p.left);
  Matrix m(index(p.cols), Values(index(p.rows)));
  for (int c = 0; c < p.cols; ++c)
    for (int r = 0; r < p.rows; ++r) {
      Value& v = m[index(c)][index(r)];
      if (p.right.empty()) {
        v = fl_.stored(p.transposed ? entry(left, p.first + c, r) : entry(left, r, p.first + c));
        continue;
      }
      Values row, column;
      for (int k = 0; k < left.shape[1]; ++k) {
        row.push_back(fl_.stored(entry(left, r, k)));
        column.push_back(fl_.stored(entry(factored.at(p.right), k, p.first + c)));
      }
      v = fl_.dot(row, column);
      for (std::size_t k = 0; k < row.size(); ++k) v.terms += row[k].size() * column[k].size();
    }
  return m;
}

// Numbers that the file holds whole.
void Network::read(const Weights& weights) {
  if (matrices_.contains(&weights)) return;
  model::ensure(weights.radius.empty(), "what was multiplied out is recomputed from its factors");
  Matrix& m = matrices_[&weights];
  if (weights.empty()) return;
  m.resize(index(weights.cols));
  for (std::size_t i = 0; i < weights.value.size(); ++i)
    m[i % m.size()].push_back(fl_.stored(weights.value[i]));
}

void Network::read(const model::Norm& norm) {
  read(norm.weight);
  read(norm.bias);
}

Values Network::embedding(int position, int token) const {
  const Matrix& positions = matrix(decoder_.position_embedding);
  Values x;
  for (const Values& tokens : matrix(decoder_.token_embedding)) {
    const Value& own = tokens[index(token)];
    x.push_back(positions.empty() ? own : fl_(own + positions[x.size()][index(position)]));
  }
  return x;
}

// A bias may be summed up with the products, before or after them.
Values Network::map(const Values& x, const Matrix& w, const Matrix& bias) const {
  Values y = fl_.product(x, w, 1);
  for (std::size_t c = 0; c < bias.size(); ++c)
    y[c] = fl_(y[c] + bias[c][0], static_cast<double>(x.size()) + 1, bias[c][0].size());
  return y;
}

Values Network::map(const Values& x, const Weights& w, const Weights& bias) const {
  return map(x, matrix(w), matrix(bias));
}

Network::State Network::read_state(int position, int token) const {
  const model::Attention& a = attention();
  Values x = embedding(position, token);
  normalise(decoder_.layers[0].norm, x);
  State s{map(x, a.query, a.query_bias), map(x, a.key, a.key_bias), map(x, a.value, a.value_bias)};
  per_head(s.query, a.query_norm, position);
  per_head(s.key, a.key_norm, position);
  return s;
}

void Network::per_head(Values& v, const std::optional<model::Norm>& norm, int position) const {
  const auto dim = static_cast<std::ptrdiff_t>(attention().head_dim);
  for (auto from = v.begin(); from != v.end(); from += dim) {
    Values part(from, from + dim);
    if (norm) normalise(*norm, part);
    if (attention().rope) rotate(part, position);
    std::ranges::move(part, from);
  }
}

// The angle is off by two roundings; the functions by their ulps of at most 1.
void Network::rotate(Values& v, int position) const {
  const model::Rope& rope = *attention().rope;
  for (std::size_t i = 0; i < v.size() / 2; ++i) {
    const bool halves = rope.pairing == model::RopePairing::half;
    Value& x = v[halves ? i : 2 * i];
    Value& y = v[halves ? i + v.size() / 2 : 2 * i + 1];
    const Ball angle = Ball(position) * Ball(rope.frequencies[i]);
    const Ball off = Ball(2.0) * angle.magnitude() + Ball(fl_.ulps().sincos);
    const Value c = fl_({cos(angle)}, 1, off), s = fl_({sin(angle)}, 1, off);
    const Value turned = fl_(fl_(x * c) - fl_(y * s));
    y = fl_(fl_(x * s) + fl_(y * c));
    x = turned;
  }
}

// (q k) scale, (q scale) k, or both scaled by its root: at most four roundings beside the sum's.
std::optional<Value> Network::score(int head, int query_position, const State& query, int key_position,
                                    const State& key) const {
  const double bias = attention().bias_at(head, query_position, key_position);
  if (key_position > query_position || bias == model::kMasked) return std::nullopt;
  const std::size_t dim = index(attention().head_dim);
  const auto own = key.key.begin() + kv_head(head) * attention().head_dim;
  const std::span<const Value> q(query.query);
  const Value y =
      fl_.dot(q.subspan(index(head) * dim, dim), Values(own, own + attention().head_dim), 4) * scale_;
  return bias == 0.0 ? y : fl_(y + fl_.stored(bias));
}

// Also covers x r - mean r, which rounds terms of the size of x and of the mean.
void Network::subtract_mean(Values& x) const {
  const Value mean = fl_.dot(x, Values(x.size(), {Ball(1.0) / Ball(static_cast<double>(x.size()))}), 1);
  for (Value& v : x) v = fl_(v - mean, 4, v.size() + mean.size());
}

// x / sqrt(mean x^2 + eps) * w + b, the mean subtracted first for LayerNorm; `unscaled`: times the root.
// Squares and their sums are not negative, rounded or not, and adding eps rounds to no less than eps does.
void Network::normalise(const model::Norm& norm, Values& x, bool unscaled) const {
  if (norm.type == NormType::none) return;
  if (norm.type == NormType::layer) subtract_mean(x);
  const Matrix& weight = matrix(norm.weight);
  const Matrix& bias = matrix(norm.bias);
  Value square{};
  for (const Value& v : x)
    square = square + squared(v) * Value{Ball(1.0) / Ball(static_cast<double>(x.size()))};
  square = fl_(fl_(square, static_cast<double>(x.size()) + 2) + fl_.stored(norm.eps));
  const double least = norm.eps * (1 - 0x1p-20), slips = 2.0 * fl_.ulps().sqrt;
  const Value inverse = unscaled ? Value{1.0} : fl_(inverse_root(square, least), slips + 1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = fl_(x[i] * inverse, unscaled ? 2 : 1);
    if (!weight.empty()) x[i] = fl_(x[i] * weight[i][0]);
    if (bias.empty()) continue;
    x[i] = fl_(x[i] + (unscaled ? fl_(root(square, least), slips) * bias[i][0] : bias[i][0]));
  }
}

Values Network::tail(Values x) const {
  const model::Layer& layer = decoder_.layers[0];
  if (layer.mlp) {
    const model::Mlp& mlp = *layer.mlp;
    Values normed = x;
    normalise(layer.mlp_norm, normed);
    const Values up = map(normed, mlp.up, mlp.up_bias);
    const bool gated = !mlp.gate.empty();
    Values hidden = gated ? map(normed, mlp.gate, mlp.gate_bias) : up;
    for (std::size_t i = 0; i < hidden.size(); ++i) {
      hidden[i] = fl_.activation(mlp.activation, hidden[i]);
      if (gated) hidden[i] = fl_(hidden[i] * up[i]);
    }
    const Values down = map(hidden, mlp.down, mlp.down_bias);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = fl_(x[i] + down[i]);
  }
  normalise(decoder_.final_norm, x, decoder_.head_bias.empty());
  return x;
}

// Rounds as both logits do.
Values Network::margins(const Values& x, int token) const {
  const auto differences = [&](const Matrix& m) {
    Matrix all;
    for (std::size_t rival = 0; rival < m.size(); ++rival) {
      if (rival == index(token)) continue;
      Values& column = all.emplace_back();
      for (std::size_t i = 0; i < m[rival].size(); ++i) {
        const Value &own = m[index(token)][i], &other = m[rival][i];
        column.push_back(own - other);
        column.back().terms = own.size() + other.size();
      }
    }
    return all;
  };
  return map(x, differences(matrix(decoder_.head)), differences(matrix(decoder_.head_bias)));
}

}  // namespace carryscope::verify::check
