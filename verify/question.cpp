#include "verify/question.h"

#include "model/error.h"
#include "verify/principal_axes.h"

namespace carryscope::verify {

using model::AttentionTable;
using model::ensure;
using model::Number;
using model::Role;
using model::Slot;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Bounds, for each residual entry, the float32 rounding of the weighted mean, of the output map and
// of the additions to the residual. |mean of V| <= max |V| = `largest` (heads x value_dim). The mean has two
// sums over the positions, of the weighted values and of the weights; either may be rounded at every term.
std::vector<double> mixing_roundoff(const model::Attention& shape, const std::vector<double>& largest,
                                    const std::vector<Interval>& residual, int positions) {
  std::vector<double> error;
  const int terms = 2 * positions + shape.heads * shape.value_dim + shape.output.rank + 8;
  for (int i = 0; i < static_cast<int>(residual.size()); ++i) {
    double size = 0.0;
    for (int v = 0; v < shape.output.rows; ++v)
      size += largest[index(v)] * shape.output.magnitude_at(shape.output.at(v, i));
    if (!shape.output_bias.empty()) size += std::abs(shape.output_bias.value[index(i)]);
    const double relative = terms * 0x1p-24 * (1 + 0x1p-10);
    error.push_back(relative * size + 0x1p-23 * (size + residual[index(i)].magnitude()) + 0x1p-120);
  }
  return error;
}

// Bounds what the axes leave out of one head's output: a weighted mean of rests, so at most the largest
// rest, and at most sum_cells (largest weight * rest) / (least denominator).
class Rest {
 public:
  Rest(int width, std::size_t cells)
      : width_(index(width)),
        largest_(width_, 0.0),
        weighted_(width_ * cells, 0.0),
        least_weight_(cells, kInfinity) {}

  // A reading of the cell; `left` (width entries, or none) is what its coordinates do not express.
  void read(std::size_t cell, Interval weight, const std::vector<double>& left) {
    least_weight_[cell] = std::min(least_weight_[cell], std::max(0.0, weight.lower()));
    for (std::size_t i = 0; i < left.size(); ++i) {
      largest_[i] = std::max(largest_[i], left[i]);
      double& w = weighted_[cell * width_ + i];
      w = std::max(w, weight.upper() * left[i]);
    }
  }

  double bound(int entry) const {
    const auto i = static_cast<std::size_t>(entry);
    double minus_denominator = 0.0, sum = 0.0;  // minus: rounded towards the least denominator
    for (std::size_t c = 0; c < least_weight_.size(); ++c) {
      minus_denominator -= least_weight_[c];
      sum += weighted_[c * width_ + i];
    }
    return minus_denominator < 0.0 ? std::min(largest_[i], sum / -minus_denominator) : largest_[i];
  }

 private:
  std::size_t width_;
  std::vector<double> largest_, weighted_;  // width; cells x width
  std::vector<double> least_weight_;        // cells
};

void store_axes(Question& q, const Readings& readings, const Eigen::MatrixXd& centre,
                const Eigen::MatrixXd& axes) {
  q.axes = static_cast<int>(axes.cols());
  for (int k = 0; k < q.axes; ++k)
    for (int i = 0; i < q.width; ++i) q.axis.push_back(axes(i, k));
  const std::size_t size = index(q.heads) * q.cells.size() * kLane;
  q.weight_low.assign(size, 0.0);
  q.weight_high.assign(size, 0.0);
  q.coordinate.assign(index(q.axes), std::vector<double>(size, 0.0));
  for (int h = 0; h < q.heads; ++h) {
    Rest rest(q.width, q.cells.size());
    std::vector<double> z(index(q.axes)), left(index(q.width));
    for_each_reading(readings[index(h)], [&](std::size_t c, std::size_t s, const Reading& r, double) {
      const std::size_t at = q.at(h, static_cast<int>(c)) + s;
      q.weight_low[at] = std::max(0.0, r.weight.lower());
      q.weight_high[at] = r.weight.upper();
      if (q.weight_high[at] <= 0) return rest.read(c, r.weight, {});
      for (int k = 0; k < q.axes; ++k) {
        z[index(k)] = 0.0;
        for (int i = 0; i < q.width; ++i)
          z[index(k)] += axes(i, k) * (r.contribution[index(i)].mid() - centre(i, h));
        q.coordinate[index(k)][at] = z[index(k)];
      }
      for (int i = 0; i < q.width; ++i) {
        Interval sum = r.contribution[index(i)] - Interval(centre(i, h));
        for (int k = 0; k < q.axes; ++k) sum -= Interval(axes(i, k)) * z[index(k)];
        left[index(i)] = sum.magnitude();
      }
      rest.read(c, r.weight, left);
    });
    for (int i = 0; i < q.width; ++i) q.remainder[index(i)] += rest.bound(i);
  }
}

// With all axes, any vector p with |p_i| <= remainder_i is sum_k (Q_k p) Q_k up to how far Q is from
// orthonormal. The base's own radius goes the same way, so that the centre is a point.
void turn_remainder_into_slack(Question& q) {
  for (int i = 0; i < q.width; ++i) {
    q.remainder[index(i)] += q.base[index(i)].radius();
    q.base[index(i)] = q.base[index(i)].mid();
  }
  const auto axis = [&](int k, int i) { return q.axis[index(k * q.width + i)]; };
  std::vector<double> left(index(q.width), 0.0);
  for (int i = 0; i < q.width; ++i)
    for (int j = 0; j < q.width; ++j) {
      Interval defect = i == j ? -1.0 : 0.0;
      for (int k = 0; k < q.axes; ++k) defect += Interval(axis(k, i)) * axis(k, j);
      left[index(i)] += defect.magnitude() * q.remainder[index(j)];
    }
  for (int k = 0; k < q.axes; ++k)
    for (int i = 0; i < q.width; ++i) q.slack[index(k)] += std::abs(axis(k, i)) * q.remainder[index(i)];
  q.remainder = left;
}

}  // namespace

Cube Question::domain() const {
  Cube cube = within;
  if (asker.role != Role::fixed) {
    Digits& allowed = cube.allowed(asker.role, asker.place);
    allowed = static_cast<Digits>(allowed & only(symbol));
  }
  return cube;
}

void weighted_upper(const Question& q, int head, const double* direction, double offset, double scale,
                    Additive& f) {
  for (int c = 0; c < static_cast<int>(q.cells.size()); ++c) {
    const Question::Cell& cell = q.cells[index(c)];
    const std::size_t at = q.at(head, c);
    std::array<double, kLane> phi;
    phi.fill(offset);
    for (std::size_t k = 0; k < index(q.axes); ++k)
      for (std::size_t s = 0; s < kLane; ++s) phi[s] += direction[k] * q.coordinate[k][at + s];
    std::array<double, kLane> bound;
    for (std::size_t s = 0; s < kLane; ++s) {
      const double b = phi[s] * (phi[s] >= 0 ? q.weight_high[at + s] : q.weight_low[at + s]) * scale;
      bound[s] = b < kInfinity ? b : kInfinity;  // infinity times a weight of zero is no bound, not NaN
    }
    if (cell.fixed) {
      f.constant += bound[0];
    } else {
      auto& entry = f.of(cell.token);
      for (std::size_t s = 0; s < kLane; ++s) entry[s] += bound[s];
    }
  }
}

namespace {

// Where each cell's weight and coordinates stand for the pair, for the first head.
std::vector<std::size_t> read_at(const Question& q, model::Pair pair) {
  const auto carries = model::carries(pair, q.digits);
  const auto symbol = [&](const Question::Cell& cell) {
    if (cell.fixed) return 0;
    const int i = cell.token.place;
    const int a = i < q.digits ? model::digit_at(pair.a, i) : 0,
              b = i < q.digits ? model::digit_at(pair.b, i) : 0;
    if (cell.token.role == Role::sum) return (a + b + carries[index(i)]) % 10;
    return cell.token.role == Role::a ? a : b;
  };
  std::vector<std::size_t> at;
  for (std::size_t c = 0; c < q.cells.size(); ++c)
    at.push_back(q.at(0, static_cast<int>(c)) + index(symbol(q.cells[c])));
  return at;
}

}  // namespace

NearOutput output_near(const Question& q, model::Pair pair) {
  const std::vector<std::size_t> cells = read_at(q, pair);
  NearOutput near{std::vector<double>(index(q.axes), 0.0), std::vector<double>(index(q.axes), 0.0)};
  for (int head = 0; head < q.heads; ++head) {
    const std::size_t first = q.at(head, 0);
    double denominator = 0.0;
    for (const std::size_t c : cells) denominator += q.weight_high[first + c];
    for (std::size_t k = 0; k < index(q.axes); ++k) {
      double sum = 0.0, loose = 0.0;
      for (const std::size_t c : cells) sum += q.weight_high[first + c] * q.coordinate[k][first + c];
      const double share = sum / denominator;
      for (const std::size_t c : cells)
        loose += (q.weight_high[first + c] - q.weight_low[first + c]) *
                 std::abs(q.coordinate[k][first + c] - share);
      near.u[k] += share;
      near.half[k] += 0.5 * loose / denominator;
    }
  }
  return near;
}

template <class T>
Question ask(const AttentionTable<T>& table, const Attended& read) {
  const model::Decoder& decoder = table.decoder();
  const int position = decoder.layout.query_position(read.step);
  Question q;
  q.step = read.step;
  q.digits = decoder.layout.digits;
  q.target_place = decoder.layout.answer[index(read.step)].place;
  q.asker = decoder.layout.slot(position);
  q.symbol = read.symbol;
  q.within = read.within;
  q.width = decoder.width();
  q.heads = table.maps().shape().heads;
  q.cells = read.cells;

  const Eigen::MatrixXd centre = centres(read.readings, q.width);
  const Eigen::MatrixXd axes = principal_axes(read.readings, centre, q.width, Number<T>::kRounds);

  const model::Weights& bias = table.maps().shape().output_bias;
  for (int i = 0; i < q.width; ++i) {
    Interval b = read.residual[index(i)];
    if (!bias.empty()) b += Number<Interval>::from(bias.value[index(i)], bias.radius_at(index(i)));
    for (int h = 0; h < q.heads; ++h) b += Interval(centre(i, h));
    q.base.push_back(b);
  }
  q.remainder.assign(index(q.width), 0.0);
  if constexpr (Number<T>::kRounds)
    q.remainder = mixing_roundoff(table.maps().shape(), read.largest, q.base, position + 1);
  store_axes(q, read.readings, centre, axes);
  q.slack.assign(index(q.axes), 0.0);
  if (Number<T>::kRounds) turn_remainder_into_slack(q);
  return q;
}

template <class T>
std::vector<Question> questions_of_step(const AttentionTable<T>& table, int step) {
  const model::Layout& layout = table.decoder().layout;
  const Slot& asker = layout.slot(layout.query_position(step));
  std::vector<Question> questions;
  for (int symbol = 0; symbol < model::symbols(asker); ++symbol) {
    Question q = ask(table, attend(table, step, symbol));
    if (count(q.domain()) > 0) questions.push_back(std::move(q));
  }
  return questions;
}

template Question ask(const AttentionTable<Interval>&, const Attended&);
template Question ask(const AttentionTable<Float32>&, const Attended&);
template std::vector<Question> questions_of_step(const AttentionTable<Interval>&, int);
template std::vector<Question> questions_of_step(const AttentionTable<Float32>&, int);

}  // namespace carryscope::verify
