// Sums of doubles, computed to nearest and then made larger by more than they were rounded.
#pragma once

#include <cmath>
#include <vector>

namespace carryscope::verify::check {

inline constexpr double kSlack = 0x1p-46;  // more than the rounding of a few dozen doubles, summed up

inline double up(double x) { return x + std::abs(x) * kSlack + 0x1p-1000; }

inline double dot(const std::vector<double>& x, const std::vector<double>& y) {  // to nearest
  double sum = 0;
  for (std::size_t k = 0; k < x.size(); ++k) sum += x[k] * y[k];
  return sum;
}

inline double magnitude(const std::vector<double>& x, const std::vector<double>& y) {  // at least |x . y|
  double sum = 0;
  for (std::size_t k = 0; k < x.size(); ++k) sum += std::abs(x[k] * y[k]);
  return up(sum);
}

}  // namespace carryscope::verify::check
