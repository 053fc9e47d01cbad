#include "verify/principal_axes.h"

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

namespace carryscope::verify {

namespace {

constexpr double kNoise = 1e-13;  // directions reached less than this, against the largest, are left out

}  // namespace

Eigen::VectorXd middle(const std::vector<Interval>& c) {
  Eigen::VectorXd m(static_cast<Eigen::Index>(c.size()));
  for (std::size_t i = 0; i < c.size(); ++i) m[static_cast<Eigen::Index>(i)] = c[i].mid();
  return m;
}

// Centres c_h, one column a head.
Eigen::MatrixXd centres(const Readings& readings, int width) {
  Eigen::MatrixXd c = Eigen::MatrixXd::Zero(width, static_cast<Eigen::Index>(readings.size()));
  for (std::size_t h = 0; h < readings.size(); ++h)
    for_each_reading(readings[h], [&](std::size_t, std::size_t, const Reading& r, double share) {
      c.col(static_cast<Eigen::Index>(h)) += share * middle(r.contribution);
    });
  return c;
}

// Principal axes, one column each: of the typical attention, with enough of every single
// contribution mixed in that no direction any token reaches is lost.
Eigen::MatrixXd principal_axes(const Readings& readings, const Eigen::MatrixXd& centre, int width,
                               bool complete) {
  std::vector<Eigen::VectorXd> reached;
  Eigen::MatrixXd typical = Eigen::MatrixXd::Zero(width, width);
  for (std::size_t h = 0; h < readings.size(); ++h)
    for_each_reading(readings[h], [&](std::size_t, std::size_t, const Reading& r, double share) {
      if (r.weight.upper() <= 0) return;
      reached.push_back(middle(r.contribution) - centre.col(static_cast<Eigen::Index>(h)));
      typical += (share + 1e-9) * reached.back() * reached.back().transpose();
    });
  Eigen::MatrixXd rows(static_cast<Eigen::Index>(reached.size()), width);
  for (std::size_t i = 0; i < reached.size(); ++i) rows.row(static_cast<Eigen::Index>(i)) = reached[i];
  // Singular values, not eigenvalues of the covariance: those lose half of the digits.
  const Eigen::JacobiSVD<Eigen::MatrixXd> all(rows, Eigen::ComputeFullV);
  const double largest = all.singularValues().size() > 0 ? all.singularValues()[0] : 0.0;
  // At least one axis, also where attention gives the same everywhere.
  const Eigen::Index rank =
      complete ? width : std::max<Eigen::Index>(1, (all.singularValues().array() > kNoise * largest).count());
  const Eigen::MatrixXd span = all.matrixV().leftCols(rank);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> turned(span.transpose() * typical * span);
  return span * turned.eigenvectors().rowwise().reverse();
}

}  // namespace carryscope::verify
