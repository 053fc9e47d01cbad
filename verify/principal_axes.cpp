#include "verify/principal_axes.h"

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

namespace carryscope::verify {

namespace {

constexpr double kNoise = 1e-13;  // directions reached less than this, against the largest, are left out

}  // namespace

// Centres c_h, one column a head.
Eigen::MatrixXd centres(const Readings& readings, int width) {
  Eigen::MatrixXd c = Eigen::MatrixXd::Zero(width, static_cast<Eigen::Index>(readings.size()));
  for (std::size_t h = 0; h < readings.size(); ++h)
    for_each_reading(readings[h], [&](std::size_t, std::size_t, const Reading& r, double share) {
      for (int i = 0; i < width; ++i)
        c(i, static_cast<Eigen::Index>(h)) += share * r.contribution[static_cast<std::size_t>(i)].mid();
    });
  return c;
}

// Principal axes, one column each: of the typical attention, with enough of every single
// contribution mixed in that no direction any token reaches is lost.
Eigen::MatrixXd principal_axes(const Readings& readings, const Eigen::MatrixXd& centre, int width,
                               bool complete) {
  std::vector<double> reached;  // width entries each
  Eigen::MatrixXd typical = Eigen::MatrixXd::Zero(width, width);
  for (std::size_t h = 0; h < readings.size(); ++h)
    for_each_reading(readings[h], [&](std::size_t, std::size_t, const Reading& r, double share) {
      if (r.weight.upper() <= 0) return;
      for (int i = 0; i < width; ++i)
        reached.push_back(r.contribution[static_cast<std::size_t>(i)].mid() -
                          centre(i, static_cast<Eigen::Index>(h)));
      const double* const last = reached.data() + reached.size() - width;
      for (int j = 0; j < width; ++j)
        for (int i = 0; i < width; ++i) typical(i, j) += (share + 1e-9) * last[i] * last[j];
    });
  using ByRow = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::MatrixXd rows =
      Eigen::Map<const ByRow>(reached.data(), static_cast<Eigen::Index>(reached.size()) / width, width);
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
