// Shapes: what points in a few dimensions look like: their principal axes, and how well a line, a circle or
// a helix fits them.
//
// A fit is by least squares to points that are indexed by a number x = 0 .. n - 1: the share of their
// variance (R^2) that is explained by 1, x (a line), by 1, cos, sin of 2 pi x / n (a circle) or by all of
// them (a helix).
#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "model/decoder.h"

namespace carryscope::analysis {

using Matrix = Eigen::MatrixXd;  // points x dimensions

Matrix rows_of(const model::Weights& w, const std::vector<int>& rows);
Matrix centred(const Matrix& x);

struct Axes {
  Eigen::VectorXd variance;  // largest first, >= 0
  Matrix direction;          // columns
};
Axes principal(const Matrix& x);

// Columns 1, then x, then cos and sin of the k-th wave.
Matrix design(Eigen::Index n, bool line, int wave);
// The share of the points' variance that the columns of the design explain; nothing where there is none.
std::optional<double> explained(const Matrix& points, const Matrix& design);

}  // namespace carryscope::analysis
