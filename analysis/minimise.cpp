#include "analysis/minimise.h"

#include <Eigen/Core>
#include <cmath>

namespace carryscope::analysis {
namespace {

using Eigen::MatrixXd, Eigen::VectorXd;

constexpr double kDifference = 1e-5, kEnough = 1e-6, kDecrease = 1e-4;
constexpr int kHalvings = 12;

class Descent {
 public:
  Descent(const std::function<double(const std::vector<double>&)>& loss, const std::vector<double>& start)
      : loss_(loss),
        x_(VectorXd::Map(start.data(), static_cast<Eigen::Index>(start.size()))),
        inverse_(MatrixXd::Identity(x_.size(), x_.size())),
        value_(at(x_)),
        gradient_(slope(x_, value_)) {}

  // Whether that gained anything worth going on for.
  bool step() {
    VectorXd direction = -inverse_ * gradient_;
    double along = gradient_.dot(direction);
    if (!(along < 0)) {
      inverse_.setIdentity();
      direction = -gradient_;
      along = -gradient_.squaredNorm();
    }
    double length = 1.0;
    for (int i = 0; i < kHalvings; ++i, length /= 2) {
      const VectorXd x = x_ + length * direction;
      const double value = at(x);
      if (value < value_ + kDecrease * length * along) return move(x, value);
    }
    return false;
  }

  std::vector<double> result() const { return {x_.begin(), x_.end()}; }

 private:
  double at(const VectorXd& x) const { return loss_({x.begin(), x.end()}); }

  VectorXd slope(const VectorXd& x, double value) const {
    VectorXd g(x.size()), moved = x;
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      const double h = kDifference * std::max(1.0, std::abs(x[i]));
      moved[i] = x[i] + h;
      g[i] = (at(moved) - value) / h;
      moved[i] = x[i];
    }
    return g;
  }

  bool move(const VectorXd& x, double value) {
    const VectorXd g = slope(x, value), s = x - x_, y = g - gradient_;
    if (const double curvature = s.dot(y); curvature > 0) {
      const MatrixXd half = MatrixXd::Identity(x.size(), x.size()) - s * y.transpose() / curvature;
      inverse_ = half * inverse_ * half.transpose() + s * s.transpose() / curvature;
    }
    const double gain = value_ - value;
    x_ = x, value_ = value, gradient_ = g;
    return gain > kEnough * std::max(1.0, std::abs(value));
  }

  const std::function<double(const std::vector<double>&)>& loss_;
  VectorXd x_;
  MatrixXd inverse_;
  double value_;
  VectorXd gradient_;
};

}  // namespace

std::vector<double> minimise(const std::function<double(const std::vector<double>&)>& loss,
                             const std::vector<double>& start, int iterations) {
  Descent descent(loss, start);
  while (iterations-- > 0 && descent.step()) {
  }
  return descent.result();
}

}  // namespace carryscope::analysis
