#include "analysis/estimates.h"

#include <algorithm>
#include <numeric>

namespace carryscope::analysis {

Drop& Drop::operator+=(const Drop& other) {
  real += other.real;
  first_order += other.first_order;
  integrated += other.integrated;
  return *this;
}

Drop Drop::operator*(double factor) const {
  return {factor * real, factor * first_order, factor * integrated};
}

Estimator::Estimator(const model::Decoder& whole)
    : feed_forward_(whole.layers[0]),
      norm_(whole.final_norm),
      head_(whole.head, whole.head_bias),
      logits_(static_cast<std::size_t>(whole.vocabulary)) {}

Drop Estimator::drop(const PlainStep::Run& whole, const PlainStep::Run& cut, int truth) {
  Drop d;
  d.real = margin_of(whole.logits, truth) - margin_of(cut.logits, truth);
  const Place place = whole.before != cut.before   ? Place::before
                      : whole.after != cut.after   ? Place::after
                      : whole.logits != cut.logits ? Place::logits
                                                   : Place::nowhere;
  if (place == Place::nowhere) return d;
  const auto at = [&](const PlainStep::Run& run) -> const Vector& {
    return place == Place::before ? run.before : place == Place::after ? run.after : run.logits;
  };
  d.first_order = -margin(place, at(whole), at(cut), 0.0, truth).slope;
  for (int i = 0; i < kPoints; ++i)
    d.integrated -= margin(place, at(whole), at(cut), (i + 0.5) / kPoints, truth).slope / kPoints;
  return d;
}

Dual Estimator::margin(Place place, const Vector& from, const Vector& to, double along, int truth) {
  x_.clear();
  for (std::size_t i = 0; i < from.size(); ++i)
    x_.emplace_back(from[i] + along * (to[i] - from[i]), to[i] - from[i]);
  if (place == Place::before) feed_forward_.apply(x_);
  if (place == Place::logits) {
    logits_ = x_;
  } else {
    norm_.apply(x_);
    head_.apply(std::span<const Dual>(x_), std::span(logits_));
  }
  const auto true_one = static_cast<std::size_t>(truth);
  std::size_t rival = true_one == 0 ? 1 : 0;
  for (std::size_t v = 0; v < logits_.size(); ++v)
    if (v != true_one && logits_[v].value > logits_[rival].value) rival = v;
  return logits_[true_one] - logits_[rival];
}

namespace {

Vector ranks(const Vector& x) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return x[i]; });
  Vector rank(x.size());
  for (std::size_t first = 0, next = 0; first < order.size(); first = next) {
    while (next < order.size() && !(x[order[next]] > x[order[first]])) ++next;
    for (std::size_t i = first; i < next; ++i) rank[order[i]] = 0.5 * static_cast<double>(first + next - 1);
  }
  return rank;
}

}  // namespace

std::optional<double> pearson(const Vector& x, const Vector& y) {
  const auto n = static_cast<double>(x.size());
  const double mx = std::reduce(x.begin(), x.end()) / n, my = std::reduce(y.begin(), y.end()) / n;
  double xx = 0.0, yy = 0.0, xy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  if (!(xx > 0.0 && yy > 0.0)) return std::nullopt;
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

std::optional<double> spearman(const Vector& x, const Vector& y) { return pearson(ranks(x), ranks(y)); }

}  // namespace carryscope::analysis
