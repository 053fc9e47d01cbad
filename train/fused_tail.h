// One sample of the fused step, forwards and backwards through everything after the table look-up:
// attention mean, output map, residual, norm, feed-forward, norm, head, cross-entropy.
//
// L lanes are L samples side by side. Weight gradients are added up per lane, so that nothing is
// summed in an order that depends on the machine; they are put together in fused_update.h.
#pragma once

#include "train/fused_tables.h"

namespace carryscope::train::CARRYSCOPE_ISA {

// The tail's dense weights in the order of model::Dense from `output` on.
template <int D, int F>
struct TailAt {
  static constexpr int output = 0, mid_weight = D * D, mid_bias = mid_weight + D, up = mid_bias + D,
                       down = up + D * F, end_weight = down + F * D, end_bias = end_weight + D,
                       head = end_bias + D, size = head + D * kVocabulary;
};

template <class L, int D, int F>
struct TailSample {
  L mean[D], weight;  // attention output and its denominator
  L residual[D], hat[D], mid[D], inverse;
  L gate[F], slope[F], active[F];  // of the feed-forward: Phi(h), d gelu / dh, gelu(h)
  L end_hat[D], end[D], end_inverse;
  L logit_gradient[kVocabulary];
};

// y += x W over lanes, W rows x cols.
template <int Rows, int Cols, class L>
CARRYSCOPE_BOTH inline void apply(const float* matrix, const L* x, L* y) {
  for (int i = 0; i < Rows; ++i)
    for (int j = 0; j < Cols; ++j) y[j] += x[i] * matrix[i * Cols + j];
}

// dx += dy W^T, dW += x^T dy per lane; `stride` floats lie between two weights' sums.
template <int Rows, int Cols, class L>
CARRYSCOPE_BOTH inline void apply_back(const float* matrix, const L* x, const L* dy, L* dx, float* sums,
                                       int stride) {
  for (int i = 0; i < Rows; ++i) {
    L along = L{};
    for (int j = 0; j < Cols; ++j) {
      along += dy[j] * matrix[i * Cols + j];
      float* const at = sums + (i * Cols + j) * stride;
      store(at, load<L>(at) + x[i] * dy[j]);
    }
    dx[i] += along;
  }
}

// n = hat w + b; backwards from dn to d(hat), in place.
template <int D, class L>
CARRYSCOPE_BOTH inline void weigh_back(const float* weight, const L* hat, L* gradient, float* weight_sums,
                                       float* bias_sums, int stride) {
  for (int i = 0; i < D; ++i) {
    float *const at = weight_sums + i * stride, *const bias = bias_sums + i * stride;
    store(at, load<L>(at) + gradient[i] * hat[i]);
    store(bias, load<L>(bias) + gradient[i]);
    gradient[i] = gradient[i] * weight[i];
  }
}

// Fills everything but logit_gradient; mean holds the sums of e v and weight that of e on entry,
// residual the query state's embedding. Returns the logits.
template <class L, int D, int F>
CARRYSCOPE_BOTH inline void tail_forward(const float* tail, const FusedShape& shape, TailSample<L, D, F>& s,
                                         L* logits) {
  using At = TailAt<D, F>;
  const L share = 1.0F / s.weight;
  for (int i = 0; i < D; ++i) s.mean[i] = s.mean[i] * share;
  s.weight = share;
  apply<D, D>(tail + At::output, s.mean, s.residual);
  s.inverse = standardise<D>(s.residual, shape.centred, shape.norm_eps, s.hat);
  for (int i = 0; i < D; ++i) s.mid[i] = s.hat[i] * tail[At::mid_weight + i] + tail[At::mid_bias + i];
  L hidden[F] = {};
  apply<D, F>(tail + At::up, s.mid, hidden);
  for (int j = 0; j < F; ++j) {
    const Normal<L> phi = normal<L>(hidden[j]);
    s.active[j] = hidden[j] * phi.cdf;
    s.slope[j] = phi.cdf + hidden[j] * phi.pdf;
  }
  apply<F, D>(tail + At::down, s.active, s.residual);
  s.end_inverse = standardise<D>(s.residual, shape.centred, shape.norm_eps, s.end_hat);
  for (int i = 0; i < D; ++i) s.end[i] = s.end_hat[i] * tail[At::end_weight + i] + tail[At::end_bias + i];
  for (int v = 0; v < kVocabulary; ++v) logits[v] = L{};
  apply<D, kVocabulary>(tail + At::head, s.end, logits);
}

// Cross-entropy times `share` (0 for an idle lane); leaves its gradient in s. target: tokens as floats.
template <class L, int D, int F>
CARRYSCOPE_BOTH inline L cross_entropy(const L* logits, const L& target, const L& share,
                                       TailSample<L, D, F>& s) {
  L top = logits[0], total = L{}, hit = L{};
  for (int v = 1; v < kVocabulary; ++v) top = larger(top, logits[v]);
  for (int v = 0; v < kVocabulary; ++v) {
    s.logit_gradient[v] = exp<L>(logits[v] - top);
    total += s.logit_gradient[v];
  }
  const L scale = share / total;
  for (int v = 0; v < kVocabulary; ++v) {
    const auto is_target = target == splat<L>(static_cast<float>(v));
    hit = is_target ? logits[v] : hit;
    s.logit_gradient[v] = s.logit_gradient[v] * scale - (is_target ? share : L{});
  }
  return share * (log<L>(total) - (hit - top));
}

// From s.logit_gradient: adds weight gradients to `sums`, returns those of the sums of e v (first D of
// `mean`), of the sum of e (in `weight`) and of the query state's embedding (`residual`).
template <class L, int D, int F>
CARRYSCOPE_BOTH inline void tail_backward(const float* tail, const FusedShape& shape,
                                          const TailSample<L, D, F>& s, float* sums, int stride, L* mean,
                                          L& weight, L* residual) {
  using At = TailAt<D, F>;
  L end[D] = {}, active[F] = {}, mid[D] = {}, output[D] = {};
  const auto of = [&](int at) { return sums + at * stride; };
  apply_back<D, kVocabulary>(tail + At::head, s.end, s.logit_gradient, end, of(At::head), stride);
  weigh_back<D>(tail + At::end_weight, s.end_hat, end, of(At::end_weight), of(At::end_bias), stride);
  for (int i = 0; i < D; ++i) residual[i] = L{};
  standardise_back<D>(s.end_hat, s.end_inverse, shape.centred, end, residual);
  apply_back<F, D>(tail + At::down, s.active, residual, active, of(At::down), stride);
  for (int j = 0; j < F; ++j) active[j] = active[j] * s.slope[j];
  apply_back<D, F>(tail + At::up, s.mid, active, mid, of(At::up), stride);
  weigh_back<D>(tail + At::mid_weight, s.hat, mid, of(At::mid_weight), of(At::mid_bias), stride);
  standardise_back<D>(s.hat, s.inverse, shape.centred, mid, residual);
  apply_back<D, D>(tail + At::output, s.mean, residual, output, of(At::output), stride);
  weight = L{};
  for (int i = 0; i < D; ++i) {
    mean[i] = output[i] * s.weight;
    weight -= mean[i] * s.mean[i];
  }
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
