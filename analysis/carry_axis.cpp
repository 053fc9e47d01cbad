#include "analysis/carry_axis.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>

namespace carryscope::analysis {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

Eigen::VectorXd vector_of(const Vector& x) {
  return Eigen::Map<const Eigen::VectorXd>(x.data(), static_cast<Eigen::Index>(x.size()));
}

std::optional<CarryAxis> discriminant(const std::vector<Eigen::VectorXd> (&by_carry)[2]) {
  if (by_carry[0].empty() || by_carry[1].empty()) return std::nullopt;
  const Eigen::Index d = by_carry[0][0].size();
  Eigen::VectorXd mean[2];
  Eigen::MatrixXd scatter = Eigen::MatrixXd::Zero(d, d);
  for (int c = 0; c < 2; ++c) {
    mean[c] = Eigen::VectorXd::Zero(d);
    for (const auto& x : by_carry[c]) mean[c] += x / static_cast<double>(by_carry[c].size());
    for (const auto& x : by_carry[c]) scatter += (x - mean[c]) * (x - mean[c]).transpose();
  }
  scatter /= static_cast<double>(by_carry[0].size() + by_carry[1].size());
  // A small ridge: directions in which nothing varies would count for everything.
  scatter.diagonal().array() += 1e-9 * scatter.trace() / static_cast<double>(d) + 1e-300;
  const Eigen::VectorXd w = scatter.ldlt().solve(mean[1] - mean[0]);
  const double apart = w.dot(mean[1] - mean[0]);
  if (!(apart > 0) || !std::isfinite(apart)) return std::nullopt;
  CarryAxis axis;
  for (Eigen::Index i = 0; i < d; ++i) axis.direction.push_back(w[i] / apart);
  axis.offset = -w.dot(mean[0]) / apart;
  return axis;
}

}  // namespace

double CarryAxis::at(const Vector& before) const {
  double sum = offset;
  for (std::size_t i = 0; i < direction.size(); ++i) sum += direction[i] * before[i];
  return sum;
}

std::vector<std::optional<CarryAxis>> carry_axes(const model::AttentionTable<double>& table,
                                                 const std::vector<model::Pair>& pairs) {
  const model::Layout& layout = table.decoder().layout;
  const Anatomist dissect(table);
  std::vector<std::optional<CarryAxis>> axes;
  for (int step = 0; step < layout.answer_digits(); ++step) {
    const int place = layout.answer[index(step)].place;
    std::vector<Eigen::VectorXd> by_carry[2];
    for (const model::Pair pair : pairs) {
      if (place == 0) break;
      const std::vector<int> tokens = model::tokenise(layout, pair);
      const auto seen = std::span(tokens).first(index(layout.query_position(step) + 1));
      by_carry[model::carries(pair, layout.digits)[index(place)]].push_back(vector_of(dissect(seen).before));
    }
    axes.push_back(discriminant(by_carry));
  }
  return axes;
}

}  // namespace carryscope::analysis
