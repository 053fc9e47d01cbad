// RMSNorm and LayerNorm without their weights, and their transpose: hat = (x - m) / s with m the mean
// (LayerNorm) or 0, s = sqrt(mean (x - m)^2 + eps).
#pragma once

#include "train/fused_lanes.h"

namespace carryscope::train::CARRYSCOPE_ISA {

// hat may be x. Returns 1 / s.
template <int D, class L>
CARRYSCOPE_BOTH inline L standardise(const L* x, bool centred, float eps, L* hat) {
  L mean = L{}, square = L{};
  if (centred) {
    for (int i = 0; i < D; ++i) mean += x[i];
    mean = mean * (1.0F / D);
  }
  for (int i = 0; i < D; ++i) {
    hat[i] = x[i] - mean;
    square += hat[i] * hat[i];
  }
  const L inverse = 1.0F / root<L>(square * (1.0F / D) + eps);
  for (int i = 0; i < D; ++i) hat[i] = hat[i] * inverse;
  return inverse;
}

// Adds to dx what d(hat) is worth.
template <int D, class L>
CARRYSCOPE_BOTH inline void standardise_back(const L* hat, const L& inverse, bool centred, const L* d_hat,
                                             L* dx) {
  L mean = L{}, along = L{};
  for (int i = 0; i < D; ++i) {
    mean += d_hat[i];
    along += d_hat[i] * hat[i];
  }
  mean = centred ? mean * (1.0F / D) : L{};
  along = along * (1.0F / D);
  for (int i = 0; i < D; ++i) dx[i] += inverse * (d_hat[i] - mean - hat[i] * along);
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
