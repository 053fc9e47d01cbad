#include "verify/check/question.h"

#include <Eigen/SVD>

namespace carryscope::verify::check {

namespace {

using model::Role, model::Slot;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// A key as a head reads it; no score where it is masked, or in no addition of the domain.
struct Seen {
  std::optional<Value> score;
  Ball weight;
  std::vector<Ball> contribution;  // d: the value's share of the residual, value W_o
};

struct Builder {
  const Network& network;
  Question& q;
  int position, token;
  std::vector<std::vector<std::vector<Seen>>> seen{};  // [head][cell][digit]
  std::vector<Ball> largest{};                         // heads x value_dim: of all values read
  std::vector<Eigen::VectorXd> centre{};               // by head

  void read();
  Seen see(int head, const Network::State& own, const Network::State& key, int key_position);
  void weigh(int head);
  void choose_axes();
  void store(int head);
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

Seen Builder::see(int head, const Network::State& own, const Network::State& key, int key_position) {
  const model::Attention& a = network.attention();
  const Matrix& output = network.matrix(a.output);
  Seen seen_now{network.score(head, position, own, key_position, key), {}, {}};
  seen_now.contribution.resize(output.size());
  for (int v = 0; v < a.value_dim && seen_now.score; ++v) {
    const Value& value = key.value[index(network.kv_head(head) * a.value_dim + v)];
    const std::size_t row = index(head * a.value_dim + v);
    largest[row] = max(largest[row], value.size());
    for (std::size_t i = 0; i < output.size(); ++i)
      seen_now.contribution[i] += value.centre * output[i][row].centre;
  }
  return seen_now;
}

// The plus-one softmax's rest is a cell of its own: score 0, value 0.
void Builder::read() {
  const model::Layout& layout = network.decoder().layout;
  const model::Attention& a = network.attention();
  const Network::State& own = network.state(position, token);
  largest.resize(index(a.heads * a.value_dim));
  seen.resize(index(a.heads));
  for (int p = 0; p <= position; ++p) {
    const Slot& slot = layout.slot(p);
    const bool fixed = slot.role == Role::fixed || p == position;
    q.cells.push_back({fixed ? -1 : chain_token(slot, layout.digits), {}});
    for (auto& cells : seen) cells.emplace_back();
    for (int s = 0; s < (fixed ? 1 : 10); ++s) {
      const Network::State& key = p == position ? own : network.state(p, token_of(layout, slot, s));
      const bool possible = fixed || q.domain.allows(q.cells.back().token, s);
      for (int h = 0; h < a.heads; ++h)
        seen[index(h)].back().push_back(possible ? see(h, own, key, p) : Seen{});
    }
  }
  if (a.softmax != model::Softmax::plus_one) return;
  q.cells.emplace_back();
  for (auto& cells : seen) cells.push_back({{Value{}, {}, std::vector<Ball>(q.base.size())}});
}

// E = exp(score - high), high at least every computed score. A float32 program subtracts the row's largest
// score (off by u (high - score) at most; the rest of the difference is common to the row) and its
// exponential is off by its ulps.
void Builder::weigh(int head) {
  const Rounding& fl = network.rounding();
  double high = -HUGE_VAL;
  for (const auto& cell : seen[index(head)])
    for (const Seen& s : cell)
      if (s.score) high = std::max(high, s.score->centre.upper());
  for (auto& cell : seen[index(head)])
    for (Seen& s : cell)
      if (s.score) s.weight = fl({exp(fl(*s.score - Value{high}).centre)}, 2.0 * fl.ulps().exp).centre;
}

// Orthonormal axes, the direction of the largest typical spread first; any choice is sound.
void Builder::choose_axes() {
  const Eigen::Index d = network.decoder().width();
  Eigen::MatrixXd rows(0, d);
  for (const auto& cells : seen) {
    Eigen::MatrixXd here(0, d);
    std::vector<double> weight;
    for (const auto& cell : cells)
      for (const Seen& s : cell) {
        if (!s.score) continue;
        here.conservativeResize(here.rows() + 1, d);
        for (Eigen::Index i = 0; i < d; ++i)
          here(here.rows() - 1, i) = s.contribution[static_cast<std::size_t>(i)].approximate();
        weight.push_back(s.weight.approximate() / static_cast<double>(cell.size()));
      }
    Eigen::VectorXd w = Eigen::Map<Eigen::VectorXd>(weight.data(), here.rows());
    w /= w.sum();
    centre.emplace_back(here.transpose() * w);
    here.rowwise() -= centre.back().transpose();
    rows.conservativeResize(rows.rows() + here.rows(), d);
    rows.bottomRows(here.rows()) = w.cwiseSqrt().asDiagonal() * here;
  }
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(rows, Eigen::ComputeFullV);
  const auto& spread = svd.singularValues();
  while (q.axes < spread.size() && (q.axes == 0 || spread[q.axes] > 1e-14 * spread[0])) {
    for (Eigen::Index i = 0; i < d; ++i) q.axis.push_back(svd.matrixV()(i, q.axes));
    ++q.axes;
  }
}

// Coordinates, and what they leave of each contribution. A weighted mean of that is at most the largest, and
// at most sum (weight left) / least sum of weights.
void Builder::store(int head) {
  const std::size_t d = q.base.size();
  std::vector<Ball> most(d), weighted(d);
  Ball least;
  for (std::size_t c = 0; c < q.cells.size(); ++c) {
    auto& readings = q.cells[c].by_head.emplace_back();
    std::vector<Ball> most_here(d);
    double least_here = HUGE_VAL;
    for (const Seen& s : seen[index(head)][c]) {
      const auto digit = static_cast<int>(readings.size());
      Reading& r = readings.emplace_back(0.0, 0.0, std::vector<double>(index(q.axes)));
      if (s.score) r.low = std::max(0.0, s.weight.lower()), r.high = s.weight.upper();
      if (q.cells[c].token < 0 || q.domain.allows(q.cells[c].token, digit))
        least_here = std::min(least_here, r.low);
      if (!s.score) continue;
      std::vector<Ball> rest = s.contribution;
      for (std::size_t i = 0; i < d; ++i)
        rest[i] = rest[i] - Ball(centre[index(head)][static_cast<Eigen::Index>(i)]);
      for (std::size_t k = 0; k < r.z.size(); ++k) {
        for (std::size_t i = 0; i < d; ++i) r.z[k] += rest[i].approximate() * q.axis[k * d + i];
        for (std::size_t i = 0; i < d; ++i) rest[i] = rest[i] - Ball(r.z[k]) * Ball(q.axis[k * d + i]);
      }
      for (std::size_t i = 0; i < d; ++i) {
        most[i] = max(most[i], rest[i].magnitude());
        most_here[i] = max(most_here[i], rest[i].magnitude() * s.weight.magnitude());
      }
    }
    least += Ball(least_here);
    for (std::size_t i = 0; i < d; ++i) weighted[i] += most_here[i];
  }
  for (std::size_t i = 0; i < d; ++i) q.remainder[i] += min(most[i], (weighted[i] / least).magnitude());
}

// The residual's base, and what rounding adds: both the mean and its denominator sum over all positions,
// then the output map, its bias and the addition to the residual.
void Builder::mix() {
  const Rounding& fl = network.rounding();
  const Matrix& output = network.matrix(network.attention().output);
  const Matrix& bias = network.matrix(network.attention().output_bias);
  const Values embedded = network.embedding(position, token);
  const double terms = 2.0 * (position + 2) + static_cast<double>(largest.size()) + 1;
  for (std::size_t i = 0; i < output.size(); ++i) {
    Ball size;
    for (std::size_t v = 0; v < largest.size(); ++v) size += largest[v] * output[i][v].size();
    Value b = embedded[i];
    if (!bias.empty()) b = b + bias[i][0], size += bias[i][0].size();
    for (const Eigen::VectorXd& c : centre) b.centre += Ball(c[static_cast<Eigen::Index>(i)]);
    b = fl(fl(b, terms, size), 1, size + embedded[i].size());
    q.base[i] = b.centre.middle();
    q.remainder[i] += b.centre.radius();
  }
}

}  // namespace

Question ask(const Network& network, int step, int symbol, const Cube& domain) {
  const model::Layout& layout = network.decoder().layout;
  const int position = layout.query_position(step), heads = network.attention().heads;
  const std::vector<Ball> zero(index(network.decoder().width()));
  Question q{step, symbol, layout.answer[index(step)].place, heads, 0, domain, zero, zero, {}, {}};
  Builder b{network, q, position, token_of(layout, layout.slot(position), symbol)};
  b.read();
  for (int h = 0; h < heads; ++h) b.weigh(h);
  b.choose_axes();
  for (int h = 0; h < heads; ++h) b.store(h);
  b.mix();
  return q;
}

std::vector<Question> questions(const Network& network, int step) {
  const model::Layout& layout = network.decoder().layout;
  const Slot& asker = layout.slot(layout.query_position(step));
  std::vector<Question> all;
  for (int symbol = 0; symbol < (asker.role == Role::fixed ? 1 : 10); ++symbol) {
    Cube domain = Cube::everything(layout.digits);
    if (const int t = chain_token(asker, layout.digits); t >= 0) domain = restricted(domain, t, symbol);
    if (count(domain) > 0) all.push_back(ask(network, step, symbol, domain));
  }
  return all;
}

}  // namespace carryscope::verify::check
