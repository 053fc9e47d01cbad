#include "analysis/shapes.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <cmath>
#include <numbers>

namespace carryscope::analysis {

using Eigen::Index;

Matrix rows_of(const model::Weights& w, const std::vector<int>& rows) {
  Matrix m(static_cast<Index>(rows.size()), w.cols);
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (int c = 0; c < w.cols; ++c) m(static_cast<Index>(r), c) = w.value[w.at(rows[r], c)];
  return m;
}

Matrix centred(const Matrix& x) { return x.rowwise() - Eigen::RowVectorXd(x.colwise().mean()); }

Axes principal(const Matrix& x) {
  const Matrix c = centred(x);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(c.transpose() * c / static_cast<double>(x.rows()));
  return {solver.eigenvalues().reverse().cwiseMax(0.0), solver.eigenvectors().rowwise().reverse()};
}

std::optional<double> explained(const Matrix& points, const Matrix& design) {
  const Matrix c = centred(points);
  const double total = c.squaredNorm();
  if (!(total > 0)) return std::nullopt;
  const Matrix fitted = design * design.colPivHouseholderQr().solve(c);
  return 1.0 - (c - fitted).squaredNorm() / total;
}

Matrix design(Index n, bool line, int wave) {
  Matrix m(n, 1 + (line ? 1 : 0) + (wave > 0 ? 2 : 0));
  for (Index x = 0; x < n; ++x) {
    const double angle = 2 * std::numbers::pi * wave * static_cast<double>(x) / static_cast<double>(n);
    Index column = 0;
    m(x, column++) = 1.0;
    if (line) m(x, column++) = static_cast<double>(x);
    if (wave > 0) {
      m(x, column++) = std::cos(angle);
      m(x, column) = std::sin(angle);
    }
  }
  return m;
}

}  // namespace carryscope::analysis
