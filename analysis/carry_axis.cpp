#include "analysis/carry_axis.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>

namespace carryscope::analysis {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Residuals of pairs with the same a + b and the same carry.
struct Group {
  std::vector<Eigen::VectorXd> points;
  Eigen::VectorXd mean;

  void add(const Vector& x) {
    points.push_back(Eigen::Map<const Eigen::VectorXd>(x.data(), static_cast<Eigen::Index>(x.size())));
  }
  void finish() {
    if (points.empty()) return;
    mean = Eigen::VectorXd::Zero(points[0].size());
    for (const auto& x : points) mean += x / static_cast<double>(points.size());
  }
};
using Groups = std::array<std::array<Group, 2>, CarryAxis::kSums>;  // [a + b][carry]

std::optional<CarryAxis> discriminant(Groups& groups, Eigen::Index d) {
  Eigen::MatrixXd scatter = Eigen::MatrixXd::Zero(d, d);
  Eigen::VectorXd apart = Eigen::VectorXd::Zero(d);
  double pairs = 0.0;
  for (auto& group : groups) {
    for (Group& g : group) g.finish();
    if (group[0].points.empty() || group[1].points.empty()) continue;
    const auto size = static_cast<double>(group[0].points.size() + group[1].points.size());
    apart += size * (group[1].mean - group[0].mean);
    for (const Group& g : group)
      for (const auto& x : g.points) scatter += (x - g.mean) * (x - g.mean).transpose();
    pairs += size;
  }
  if (pairs == 0.0) return std::nullopt;
  apart /= pairs;
  scatter /= pairs;
  // A small ridge: directions in which nothing varies would count for everything.
  scatter.diagonal().array() += 1e-9 * scatter.trace() / static_cast<double>(d) + 1e-300;
  const Eigen::VectorXd w = scatter.ldlt().solve(apart);
  const double scale = w.dot(apart);
  if (!(scale > 0) || !std::isfinite(scale)) return std::nullopt;
  CarryAxis axis;
  for (Eigen::Index i = 0; i < d; ++i) axis.direction.push_back(w[i] / scale);
  for (std::size_t s = 0; s < groups.size(); ++s)
    if (!groups[s][0].points.empty() && !groups[s][1].points.empty())
      axis.offset[s] = 0.5 - w.dot(groups[s][0].mean + groups[s][1].mean) / (2 * scale);
  return axis;
}

}  // namespace

std::optional<double> CarryAxis::at(const Vector& before, int sum) const {
  if (!offset[index(sum)]) return std::nullopt;
  double coordinate = *offset[index(sum)];
  for (std::size_t i = 0; i < direction.size(); ++i) coordinate += direction[i] * before[i];
  return coordinate;
}

int sum_at(model::Pair pair, int place, int digits) {
  return place < digits ? model::digit_at(pair.a, place) + model::digit_at(pair.b, place) : 0;
}

std::vector<std::optional<CarryAxis>> carry_axes(const model::AttentionTable<double>& table,
                                                 const std::vector<model::Pair>& pairs) {
  const model::Layout& layout = table.decoder().layout;
  const Anatomist dissect(table);
  std::vector<std::optional<CarryAxis>> axes;
  for (int step = 0; step < layout.answer_digits(); ++step) {
    const int place = layout.answer[index(step)].place;
    Groups groups;
    for (const model::Pair pair : pairs) {
      if (place == 0) break;
      const std::vector<int> tokens = model::tokenise(layout, pair);
      const auto seen = std::span(tokens).first(index(layout.query_position(step) + 1));
      const int carry = model::carries(pair, layout.digits)[index(place)];
      groups[index(sum_at(pair, place, layout.digits))][index(carry)].add(dissect(seen).before);
    }
    axes.push_back(discriminant(groups, table.decoder().width()));
  }
  return axes;
}

}  // namespace carryscope::analysis
