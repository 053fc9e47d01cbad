// erf in float32, quick enough to be taken once per neuron: a table of Taylor polynomials.
//
// Around the nearest centre c = k/16, erf(x) = sum_j a_kj (x - c)^j to degree 5, in double. The
// remainder is below 2e-10 of erf(x) on every piece (the first is centred at zero, where erf is odd
// and the error relative), so what is left is the one rounding to float32: at most 0.51 ulp, checked
// by the test. From 4 on erf is 1 in float32. No branch and no call.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace carryscope::model {

namespace fast_erf_detail {

inline constexpr int kPieces = 65, kDegree = 5, kPerUnit = 16;
inline constexpr float kEnd = 4.0F;
using Piece = std::array<double, kDegree + 1>;

// erf' = g = 2/sqrt(pi) exp(-x^2) and g^(j+1) = -2 x g^(j) - 2 j g^(j-1).
inline Piece taylor(double centre) {
  std::array<double, kDegree + 1> derivative{std::erf(centre),
                                             2 * std::numbers::inv_sqrtpi * std::exp(-centre * centre)};
  for (std::size_t j = 2; j <= kDegree; ++j) {
    const double before = j == 2 ? 0.0 : derivative[j - 2];
    derivative[j] = -2 * centre * derivative[j - 1] - 2 * (static_cast<double>(j) - 2) * before;
  }
  double factorial = 1;
  for (std::size_t j = 2; j <= kDegree; ++j) derivative[j] /= factorial *= static_cast<double>(j);
  return derivative;
}

inline const std::array<Piece, kPieces> kTable = [] {
  std::array<Piece, kPieces> table{};
  for (int k = 0; k < kPieces; ++k) table[static_cast<std::size_t>(k)] = taylor(k / double{kPerUnit});
  return table;
}();

}  // namespace fast_erf_detail

// Elementwise. NaN gives NaN; the sign of zero is kept.
template <std::size_t N>
std::array<float, N> fast_erf(const std::array<float, N>& x) {
  using namespace fast_erf_detail;
  std::array<float, N> y;
  std::array<int, N> piece;
  for (std::size_t i = 0; i < N; ++i) y[i] = std::min(kEnd, std::abs(x[i]));  // a NaN becomes the end
  for (std::size_t i = 0; i < N; ++i) piece[i] = static_cast<int>(y[i] * kPerUnit + 0.5F);
  for (std::size_t i = 0; i < N; ++i) {
    const Piece& a = kTable[static_cast<std::size_t>(piece[i])];
    const double t = static_cast<double>(y[i] - static_cast<float>(piece[i]) / kPerUnit);  // exact
    y[i] = static_cast<float>(a[0] + t * (a[1] + t * (a[2] + t * (a[3] + t * (a[4] + t * a[5])))));
  }
  for (std::size_t i = 0; i < N; ++i) y[i] = x[i] != x[i] ? x[i] : std::copysign(y[i], x[i]);
  return y;
}

}  // namespace carryscope::model
