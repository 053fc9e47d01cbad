// Principal axes: the directions in which one query state's attention output varies.
//
// Chosen by floating-point linear algebra without any proof: whatever the axes are, what they do not
// express is enclosed afterwards (question.cpp), so a poor choice costs tightness, never soundness.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "verify/attended.h"

namespace carryscope::verify {

// Calls visit(cell, digit, reading, typical share of the head's attention).
template <class Visit>
void for_each_reading(const std::vector<std::vector<Reading>>& head, Visit&& visit) {
  double total = 0.0;
  for (const auto& cell : head)
    for (const auto& r : cell) total += r.weight.mid() / static_cast<double>(cell.size());
  for (std::size_t c = 0; c < head.size(); ++c)
    for (std::size_t s = 0; s < head[c].size(); ++s)
      visit(c, s, head[c][s],
            total > 0 ? head[c][s].weight.mid() / static_cast<double>(head[c].size()) / total : 0.0);
}

// Centres c_h of the contributions, d x heads: their typical mean.
Eigen::MatrixXd centres(const Readings& readings, int width);

// Orthonormal axes, d x rank; `complete`: d of them, whatever the rank.
Eigen::MatrixXd principal_axes(const Readings& readings, const Eigen::MatrixXd& centre, int width,
                               bool complete);

}  // namespace carryscope::verify
