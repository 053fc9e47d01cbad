#include "verify/check/network.h"

#include <algorithm>
#include <cmath>

#include "model/error.h"
#include "model/parametrisation.h"

namespace carryscope::verify::check {

namespace {

using model::Decoder;
using model::InputError;
using model::NormType;
using model::Weights;

// Whether a float32 program holds exactly this number.
bool is_float(double v) {
  return v == 0.0 || (static_cast<double>(static_cast<float>(v)) == v && std::abs(v) >= 0x1p-126);
}

bool all_floats(const std::vector<double>& values) { return std::ranges::all_of(values, is_float); }

Matrix empty_matrix(int rows, int cols, int roundings) {
  Matrix m{rows, cols, roundings, {}, {}};
  m.value.resize(static_cast<std::size_t>(rows * cols));
  m.size.resize(m.value.size());
  return m;
}

double entry(const model::Tensor& t, int row, int col) {
  const int cols = t.shape.size() == 1 ? t.shape[0] : t.shape[1];
  return t.values.at(static_cast<std::size_t>(row * cols + col));
}

// What a row of the table of products means, in balls.
Matrix product(const model::Product& p, const model::Factored& factored) {
  const model::Tensor& left = factored.at(p.left);
  if (p.right.empty()) {
    Matrix m = empty_matrix(p.rows, p.cols, all_floats(left.values) ? 0 : 1);
    for (int r = 0; r < p.rows; ++r)
      for (int c = 0; c < p.cols; ++c)
        m.value[m.at(r, c)] = p.transposed ? entry(left, p.first + c, r) : entry(left, r, p.first + c);
    for (std::size_t i = 0; i < m.value.size(); ++i) m.size[i] = m.value[i].magnitude();
    return m;
  }
  const model::Tensor& right = factored.at(p.right);
  const int rank = left.shape[1];
  Matrix m =
      empty_matrix(p.rows, p.cols, rank + (all_floats(left.values) && all_floats(right.values) ? 0 : 2));
  for (int r = 0; r < p.rows; ++r)
    for (int c = 0; c < p.cols; ++c)
      for (int k = 0; k < rank; ++k) {
        const Ball term = Ball(entry(left, r, k)) * Ball(entry(right, k, p.first + c));
        m.value[m.at(r, c)] += term;
        m.size[m.at(r, c)] += term.magnitude();
      }
  return m;
}

}  // namespace

Network::Network(const model::Checkpoint& checkpoint, const Arithmetic& arithmetic, const std::string& where)
    : decoder_(checkpoint.decoder), arithmetic_(arithmetic) {
  if (decoder_.layers.size() != 1 || !decoder_.layers[0].attention)
    throw InputError(where + ": certificates are about models of one layer with attention; this has " +
                     std::to_string(decoder_.layers.size()) + " layers");
  if (checkpoint.factored) multiply(*checkpoint.factored);
  const Decoder& d = decoder_;
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
  scale_ = empty_matrix(1, 1, is_float(a.score_scale.value) && a.score_scale.radius == 0 ? 0 : 1);
  scale_.value[0] = checkpoint.factored ? Ball(1.0) / sqrt(Ball(a.head_dim)) : Ball(a.score_scale.value);
  scale_.size[0] = scale_.value[0].magnitude();
}

void Network::multiply(const model::Factored& factored) {
  for (const model::Product& p : model::products(factored.config))
    matrices_[&dense(decoder_, p.dense)] = product(p, factored);
}

// Numbers that the file holds whole.
void Network::read(const Weights& weights) {
  if (matrices_.contains(&weights)) return;
  model::ensure(weights.radius.empty(), "what was multiplied out is recomputed from its factors");
  Matrix m = empty_matrix(weights.rows, weights.cols, all_floats(weights.value) ? 0 : 1);
  for (std::size_t i = 0; i < m.value.size(); ++i) {
    m.value[i] = weights.value[i];
    m.size[i] = m.value[i].magnitude();
  }
  matrices_[&weights] = std::move(m);
}

void Network::read(const model::Norm& norm) {
  read(norm.weight);
  read(norm.bias);
}

Values Network::embedding(int position, int token) const {
  const Matrix& tokens = matrix(decoder_.token_embedding);
  const Matrix& positions = matrix(decoder_.position_embedding);
  Values x;
  for (int i = 0; i < decoder_.width(); ++i) {
    x.push_back(arithmetic_.constant(tokens, tokens.at(token, i)));
    if (!positions.empty())
      x.back() = arithmetic_.plus(x.back(), arithmetic_.constant(positions, positions.at(position, i)));
  }
  return x;
}

Values Network::map(const Values& x, const Weights& w, const Weights& bias) const {
  Values y;
  for (int c = 0; c < w.cols; ++c) y.push_back(arithmetic_.linear(x, matrix(w), matrix(bias), c));
  return y;
}

Network::State Network::state(int position, const Values& residual) const {
  const model::Attention& a = attention();
  Values x = residual;
  normalise(decoder_.layers[0].norm, x, false, {});
  State s{map(x, a.query, a.query_bias), map(x, a.key, a.key_bias), map(x, a.value, a.value_bias)};
  per_head(s.query, a.query_norm, position);
  per_head(s.key, a.key_norm, position);
  return s;
}

void Network::per_head(Values& v, const std::optional<model::Norm>& norm, int position) const {
  const auto dim = static_cast<std::ptrdiff_t>(attention().head_dim);
  for (auto from = v.begin(); from != v.end(); from += dim) {
    Values part(from, from + dim);
    if (norm) normalise(*norm, part, false, {});
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
    Value c{Ball::of(arb_cos, angle), {}, {}, {}}, s{Ball::of(arb_sin, angle), {}, {}, {}};
    const Bound off = Bound(2.0) * angle.magnitude() + Bound(arithmetic_.ulps().sincos);
    arithmetic_.absorb(c, off, 1);
    arithmetic_.absorb(s, off, 1);
    const auto times = [&](const Value& p, const Value& q) { return arithmetic_.times(p, q); };
    const Value turned = arithmetic_.minus(times(x, c), times(y, s));
    y = arithmetic_.plus(times(x, s), times(y, c));
    x = turned;
  }
}

// (q k) scale, (q scale) k, or both scaled by its root: at most four roundings beside the sum's.
std::optional<Value> Network::score(int head, int query_position, const State& query, int key_position,
                                    const State& key) const {
  const model::Attention& a = attention();
  const double bias = a.bias_at(head, query_position, key_position);
  if (key_position > query_position || bias == model::kMasked) return std::nullopt;
  const auto dim = static_cast<std::size_t>(a.head_dim);
  const Value* const q = &query.query[static_cast<std::size_t>(head) * dim];
  const Value* const k = &key.key[static_cast<std::size_t>(kv_head(head)) * dim];
  Value y;
  Bound size, propagated;
  for (std::size_t i = 0; i < dim; ++i) {
    y.x += q[i].x * k[i].x;
    size += q[i].size() * k[i].size();
    propagated += q[i].x.magnitude() * k[i].error + k[i].size() * q[i].error;
  }
  y.x = y.x * scale_.value[0];
  y.error = propagated * scale_.size[0];
  arithmetic_.absorb(y, size * scale_.size[0], static_cast<int>(dim) + 4);
  if (bias == 0.0) return y;
  Value b{Ball(bias), {}, {}, {}};
  if (!is_float(bias)) arithmetic_.absorb(b, Bound(bias), 1);
  return arithmetic_.plus(y, b);
}

// Also covers x r - mean r, which rounds terms of the size of x and of the mean.
void Network::subtract_mean(Values& x) const {
  const std::vector<Ball> share(x.size(), Ball(1.0) / Ball(static_cast<double>(x.size())));
  const std::vector<Bound> size(x.size(), share[0].magnitude());
  const Value mean = arithmetic_.dot(x.data(), share.data(), size.data(), 1, x.size(), 1);
  for (Value& v : x) {
    const Bound terms = v.size() + mean.size();
    v = arithmetic_.minus(v, mean);
    arithmetic_.absorb(v, terms, 3);
  }
}

Value Network::mean_square(const Values& x) const {
  const auto n = static_cast<int>(x.size());
  const Ball share = Ball(1.0) / Ball(n);
  Value mean{};
  mean.slope.resize(x[0].slope.size());
  for (const Value& v : x) {
    mean.x += Ball::of(arb_sqr, v.x) * share;
    mean.at += v.at * v.at * share;
    mean.error += v.error * (v.x.magnitude() + v.size()) * share.magnitude();
    for (std::size_t k = 0; k < v.slope.size(); ++k) mean.slope[k] += (v.x + v.at) * v.slope[k] * share;
  }
  arithmetic_.absorb(mean, mean.size(), n + 2);
  return mean;
}

// x / sqrt(mean x^2 + eps) * w + b, the mean subtracted first for LayerNorm. `unscaled`: times the root.
// What is not linear is done to values that are tightened over the box of `reach`.
void Network::normalise(const model::Norm& norm, Values& x, bool unscaled,
                        const std::vector<Bound>& reach) const {
  if (norm.type == NormType::none) return;
  if (norm.type == NormType::layer) subtract_mean(x);
  for (Value& v : x) Arithmetic::tighten(v, reach);
  const Matrix& weight = matrix(norm.weight);
  const Matrix& bias = matrix(norm.bias);
  Value root;
  if (!unscaled || !bias.empty()) {
    Value eps{Ball(norm.eps), {}, {}, {}};
    arithmetic_.absorb(eps, Bound(norm.eps), 1);
    // Squares and their sums are not negative, rounded or not, and adding eps rounds to no less than eps
    // does.
    Value square = mean_square(x);
    Arithmetic::tighten(square, reach);
    root = arithmetic_.root(arithmetic_.plus(square, eps), norm.eps * (1 - 0x1p-20));
  }
  const Value inverse = unscaled ? Value{} : arithmetic_.inverse(root);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (unscaled)
      arithmetic_.absorb(x[i], x[i].size(), 2);
    else
      x[i] = arithmetic_.times(x[i], inverse);
    if (!weight.empty()) x[i] = arithmetic_.times(x[i], arithmetic_.constant(weight, i));
    if (bias.empty()) continue;
    const Value b = arithmetic_.constant(bias, i);
    x[i] = arithmetic_.plus(x[i], unscaled ? arithmetic_.times(root, b) : b);
  }
}

void Network::tail(Values& x, const std::vector<Bound>& reach) const {
  const auto tighten = [&](Values& all) {
    for (Value& v : all) Arithmetic::tighten(v, reach);
  };
  const model::Layer& layer = decoder_.layers[0];
  if (layer.mlp) {
    const model::Mlp& mlp = *layer.mlp;
    Values normed = x;
    normalise(layer.mlp_norm, normed, false, reach);
    tighten(normed);
    Values up = map(normed, mlp.up, mlp.up_bias);
    tighten(up);
    const bool gated = !mlp.gate.empty();
    Values hidden = gated ? map(normed, mlp.gate, mlp.gate_bias) : up;
    if (gated) tighten(hidden);
    for (std::size_t i = 0; i < hidden.size(); ++i) {
      hidden[i] = arithmetic_.activation(mlp.activation, hidden[i]);
      if (gated) hidden[i] = arithmetic_.times(hidden[i], up[i]);
    }
    const Values down = map(hidden, mlp.down, mlp.down_bias);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = arithmetic_.plus(x[i], down[i]);
    tighten(x);
  }
  normalise(decoder_.final_norm, x, decoder_.head_bias.empty(), reach);
}

Value Network::margin(const Values& x, int token, int rival) const {
  const Matrix& head = matrix(decoder_.head);
  const Matrix& bias = matrix(decoder_.head_bias);
  std::vector<Ball> weight;
  std::vector<Bound> size;
  for (int i = 0; i < head.rows; ++i) {
    const std::size_t own = head.at(i, token), other = head.at(i, rival);
    weight.push_back(head.value[own] - head.value[other]);
    size.push_back(head.size[own] + head.size[other]);
  }
  const int more = head.roundings + (bias.empty() ? 0 : 1 + bias.roundings);
  Value m = arithmetic_.dot(x.data(), weight.data(), size.data(), 1, x.size(), more);
  if (bias.empty()) return m;
  const std::size_t own = static_cast<std::size_t>(token), other = static_cast<std::size_t>(rival);
  m.x += bias.value[own] - bias.value[other];
  m.at += bias.value[own] - bias.value[other];
  arithmetic_.absorb(m, bias.size[own] + bias.size[other], head.rows + more);
  return m;
}

}  // namespace carryscope::verify::check
