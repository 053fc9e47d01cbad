#include "verify/check/question.h"

#include <cmath>

#include <Eigen/SVD>

#include "model/error.h"

namespace carryscope::verify::check {

namespace {

using model::Role, model::Slot;

constexpr int kFewBits = 18;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// A key as a head reads it, before it is expressed in integers.
struct Seen {
  bool possible = true;  // in the question's domain
  std::optional<Value> score;
  Ball weight;
  std::vector<Ball> contribution;  // d
  std::vector<Bound> error;        // d: of the values' float32 evaluation
};

struct Builder {
  const Network& network;
  Question& q;
  int position, token;
  Network::State own{};
  std::vector<std::vector<std::vector<Seen>>> seen{};  // [head][cell][digit]
  std::vector<Bound> largest{};                        // heads x value_dim: of all values read
  std::vector<Eigen::VectorXd> centre{};               // by head

  void read();
  void see(int head, const Network::State* key, int key_position, Seen& out);
  void weigh(int head);
  void choose_axes();
  Reading reading(const Seen& s, int head, std::vector<Ball>& rest) const;
  void store_head(int head);
  void mix();
};

int token_of(const model::Layout& layout, const Slot& slot, int symbol) {
  return slot.role == Role::fixed ? slot.token : layout.digit_tokens[index(symbol)];
}

int chain_token(const Slot& slot, int digits) {
  return slot.role == Role::fixed ? -1
         : slot.role == Role::a   ? a_token(slot.place)
         : slot.role == Role::b   ? b_token(digits, slot.place)
                                  : s_token(digits, slot.place);
}

// The value's share of the residual: value W_o.
void Builder::see(int head, const Network::State* key, int key_position, Seen& out) {
  const model::Attention& a = network.attention();
  const Matrix& output = network.matrix(a.output);
  out.contribution.resize(index(output.cols));
  out.error.resize(index(output.cols));
  if (!key) return;  // the plus-one softmax's rest: score 0, value 0
  out.score = network.score(head, position, own, key_position, *key);
  if (!out.score) return;
  for (int v = 0; v < a.value_dim; ++v) {
    const Value& value = key->value[index(network.kv_head(head) * a.value_dim + v)];
    Bound& most = largest[index(head * a.value_dim + v)];
    if (most < value.size()) most = value.size();
    for (int i = 0; i < output.cols; ++i) {
      const std::size_t w = output.at(head * a.value_dim + v, i);
      out.contribution[index(i)] += value.x * output.value[w];
      out.error[index(i)] += value.error * output.value[w].magnitude();
    }
  }
}

void Builder::read() {
  const model::Layout& layout = network.decoder().layout;
  const model::Attention& a = network.attention();
  own = network.state(position, network.embedding(position, token));
  largest.resize(index(a.heads * a.value_dim));
  seen.assign(index(a.heads), {});
  for (int p = 0; p <= position; ++p) {
    const Slot& slot = layout.slot(p);
    const bool fixed = slot.role == Role::fixed || p == position;
    q.cells.push_back({fixed ? -1 : chain_token(slot, layout.digits), {}});
    std::vector<Network::State> keys;
    for (int s = 0; s < (fixed ? 1 : 10); ++s)
      keys.push_back(p == position ? own : network.state(p, network.embedding(p, token_of(layout, slot, s))));
    for (int h = 0; h < a.heads; ++h) {
      seen[index(h)].emplace_back(keys.size());
      for (std::size_t s = 0; s < keys.size(); ++s) {
        Seen& here = seen[index(h)].back()[s];
        here.possible = fixed || (q.domain.at(q.cells.back().token) >> s & 1);
        if (here.possible) see(h, &keys[s], p, here);
      }
    }
  }
  if (a.softmax != model::Softmax::plus_one) return;
  q.cells.push_back({-1, {}});
  for (int h = 0; h < a.heads; ++h) {
    seen[index(h)].emplace_back(1);
    see(h, nullptr, 0, seen[index(h)].back()[0]);
    seen[index(h)].back()[0].score = Value{};
  }
}

// E = exp(score - high), high at least every computed score. A float32 program subtracts the row's largest
// score (off by u (high - score) at most; the rest of the difference is common to the row) and its
// exponential is off by its ulps.
void Builder::weigh(int head) {
  double high = -HUGE_VAL;
  for (const auto& cell : seen[index(head)])
    for (const Seen& s : cell)
      if (s.score) high = std::max(high, s.score->computed().upper());
  const bool rounds = network.arithmetic().rounds();
  for (auto& cell : seen[index(head)])
    for (Seen& s : cell) {
      if (!s.score) continue;
      const Ball below = s.score->x - Ball(high);
      Bound slip = s.score->error;
      if (rounds) slip += Bound(kUnit * (1 + 0x1p-20)) * (below.magnitude() + slip) + Bound(kTiny);
      s.weight = exp(below.widened(slip));
      if (rounds)
        s.weight = s.weight.widened(
            Bound(2.0 * network.arithmetic().ulps().exp * kUnit) * s.weight.magnitude() + Bound(kTiny));
    }
}

// Orthonormal axes, the direction of the largest typical spread first; any choice is sound.
void Builder::choose_axes() {
  const int d = network.decoder().width();
  Eigen::MatrixXd rows(0, d);
  double most = 0.0;
  for (const auto& cells : seen) {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(d);
    double weight = 0.0;
    const auto each = [&](auto visit) {
      for (const auto& cell : cells)
        for (const Seen& s : cell) {
          if (!s.score) continue;
          Eigen::VectorXd c(d);
          for (int i = 0; i < d; ++i) c[i] = s.contribution[index(i)].approximate();
          visit(c, s.weight.approximate() / static_cast<double>(cell.size()));
        }
    };
    each([&](const Eigen::VectorXd& c, double w) { sum += w * c, weight += w; });
    centre.push_back(weight > 0 ? Eigen::VectorXd(sum / weight) : sum);
    each([&](const Eigen::VectorXd& c, double w) {
      rows.conservativeResize(rows.rows() + 1, d);
      rows.row(rows.rows() - 1) = std::sqrt(std::max(w, 0.0) / weight) * (c - centre.back()).transpose();
      most = std::max(most, (c - centre.back()).norm());
    });
  }
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(rows, Eigen::ComputeFullV);
  q.unit = std::ldexp(1.0, (most > 0 ? std::ilogb(most) + 1 : 0) - kCoordinateBits);
  for (int k = 0; k < d; ++k) {
    if (k > 0 && (k >= svd.singularValues().size() || svd.singularValues()[k] < 1e-13 * most)) continue;
    for (int i = 0; i < d; ++i) q.axis.push_back(svd.matrixV()(i, k));
    ++q.axes;
  }
}

std::int64_t units(double value, int bits, bool up) {
  const double scaled = std::ldexp(value, bits);
  return static_cast<std::int64_t>(up ? std::ceil(scaled) : std::floor(scaled));
}

// A state's coordinates in whole units; `rest` is what they leave of its contribution.
Reading Builder::reading(const Seen& s, int head, std::vector<Ball>& rest) const {
  const int d = network.decoder().width();
  Reading r{units(std::max(0.0, s.weight.lower()), kWeightBits, false),
            units(s.weight.upper(), kWeightBits, true), std::vector<std::int64_t>(index(q.axes))};
  rest = s.contribution;
  for (int i = 0; i < d; ++i) rest[index(i)] = rest[index(i)] - Ball(centre[index(head)][i]);
  for (int k = 0; k < q.axes; ++k) {
    double z = 0.0;
    for (int i = 0; i < d; ++i) z += rest[index(i)].approximate() * q.axis[index(k * d + i)];
    r.z[index(k)] = std::llround(z / q.unit);
  }
  for (int i = 0; i < d; ++i)
    for (int k = 0; k < q.axes; ++k)
      rest[index(i)] =
          rest[index(i)] - Ball(static_cast<double>(r.z[index(k)]) * q.unit) * Ball(q.axis[index(k * d + i)]);
  return r;
}

void Builder::store_head(int head) {
  const int d = network.decoder().width();
  // A weighted mean of what is left out: at most the largest, and at most sum (weight left) / least sum.
  std::vector<Bound> most(index(d)), weighted(index(d));
  Ball least;
  double share = 0.0, light = 0.0;  // the largest contributions, weighed: of all keys, of light ones
  for (std::size_t c = 0; c < q.cells.size(); ++c) {
    q.cells[c].by_head.emplace_back();
    std::vector<Bound> most_here(index(d));
    double least_here = HUGE_VAL;
    for (const Seen& s : seen[index(head)][c]) {
      Reading r{0, 0, std::vector<std::int64_t>(index(q.axes))};
      if (s.score) {
        std::vector<Ball> rest;
        r = reading(s, head, rest);
        for (const Ball& x : s.contribution) {
          const double weighed = std::abs(x.approximate()) * s.weight.approximate();
          share = std::max(share, weighed);
          if (r.high < std::int64_t{1} << kFewBits) light = std::max(light, weighed);
        }
        for (int i = 0; i < d; ++i) {
          const Bound off = rest[index(i)].magnitude() + s.error[index(i)];
          if (most[index(i)] < off) most[index(i)] = off;
          if (const Bound w = off * s.weight.magnitude(); most_here[index(i)] < w) most_here[index(i)] = w;
        }
      }
      if (s.possible) least_here = std::min(least_here, s.score ? std::max(0.0, s.weight.lower()) : 0.0);
      q.cells[c].by_head.back().push_back(std::move(r));
    }
    least += Ball(least_here);
    for (int i = 0; i < d; ++i) weighted[index(i)] += most_here[index(i)];
  }
  q.coarse = q.coarse || light > std::ldexp(share, -kFewBits);
  for (int i = 0; i < d; ++i) {
    const Bound mean = weighted[index(i)] * (Ball(1.0) / least).magnitude();
    q.remainder[index(i)] += mean < most[index(i)] ? mean : most[index(i)];
  }
}

// The residual's base, and what rounding adds: both the mean and its denominator sum over all positions,
// then the output map, its bias and the addition to the residual.
void Builder::mix() {
  const Network& n = network;
  const Matrix& output = n.matrix(n.attention().output);
  const Matrix& bias = n.matrix(n.attention().output_bias);
  const Values embedded = n.embedding(position, token);
  const int terms = 2 * (position + 2) + output.rows + output.roundings + 1;
  for (int i = 0; i < output.cols; ++i) {
    Value b = embedded[index(i)];
    Bound size;
    for (int v = 0; v < output.rows; ++v) size += largest[index(v)] * output.size[output.at(v, i)];
    if (!bias.empty()) {
      b.x += bias.value[index(i)];
      size += bias.size[index(i)];
    }
    for (const Eigen::VectorXd& c : centre) b.x += Ball(c[i]);
    if (n.arithmetic().rounds()) {
      n.arithmetic().absorb(b, size, terms + bias.roundings);
      n.arithmetic().absorb(b, size + embedded[index(i)].size(), 1);
    }
    q.remainder[index(i)] += b.error + b.x.radius();
    q.base.push_back({b.x.middle(), {}, {}, {}});
  }
}

}  // namespace

Question ask(const Network& network, int step, int symbol, const Cube& domain) {
  const model::Layout& layout = network.decoder().layout;
  const int position = layout.query_position(step);
  Question q;
  q.step = step;
  q.symbol = symbol;
  q.target_place = layout.answer[index(step)].place;
  q.heads = network.attention().heads;
  q.domain = domain;
  q.remainder.resize(index(network.decoder().width()));
  Builder b{network, q, position, token_of(layout, layout.slot(position), symbol)};
  b.read();
  for (int h = 0; h < q.heads; ++h) b.weigh(h);
  b.choose_axes();
  for (int h = 0; h < q.heads; ++h) b.store_head(h);
  b.mix();
  return q;
}

std::vector<Question> questions(const Network& network, int step) {
  const model::Layout& layout = network.decoder().layout;
  const Slot& asker = layout.slot(layout.query_position(step));
  std::vector<Question> all;
  for (int symbol = 0; symbol < (asker.role == Role::fixed ? 1 : 10); ++symbol) {
    Cube domain = Cube::everything(layout.digits);
    if (const int t = chain_token(asker, layout.digits); t >= 0)
      domain.at(t) = static_cast<std::uint16_t>(domain.at(t) & (1 << symbol));
    if (count(domain) > 0) all.push_back(ask(network, step, symbol, domain));
  }
  return all;
}

}  // namespace carryscope::verify::check
