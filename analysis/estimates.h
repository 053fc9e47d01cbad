// Estimates of what a cut does, as others make them: to first order, on sampled pairs.
//
// Both follow the straight line from what the model computes to what it computes with the cut, at the first
// of three places that the cut changes: the residual before the feed-forward, the one after it, the logits.
//   first order: the margin's derivative at the line's beginning, times its length (attribution patching)
//   integrated:  the same averaged along the line (integrated gradients; Sundararajan et al. 2017)
// Exact effects are counted elsewhere; the correlations say how far such estimates can be trusted.
#pragma once

#include <optional>

#include "analysis/dual.h"
#include "analysis/plain_step.h"

namespace carryscope::analysis {

// By how much the margin falls, in logits.
struct Drop {
  double real = 0.0, first_order = 0.0, integrated = 0.0;

  Drop& operator+=(const Drop& other);
  Drop operator*(double factor) const;
};

class Estimator {
 public:
  static constexpr int kPoints = 8;  // of the line, for the integral: the midpoints of as many parts

  explicit Estimator(const model::Decoder& whole);
  Drop drop(const PlainStep::Run& whole, const PlainStep::Run& cut, int truth);

 private:
  enum class Place { before, after, logits, nowhere };
  Dual margin(Place place, const Vector& from, const Vector& to, double along, int truth);

  model::FeedForward<Dual> feed_forward_;
  model::Normalise<Dual> norm_;
  model::Linear<Dual> head_;
  std::vector<Dual> x_, logits_;
};

// Nothing where one of them does not vary. Spearman's is Pearson's of the ranks, ties at their mean rank.
std::optional<double> pearson(const Vector& x, const Vector& y);
std::optional<double> spearman(const Vector& x, const Vector& y);

}  // namespace carryscope::analysis
