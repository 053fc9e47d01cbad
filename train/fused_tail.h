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

// A sample's way through the tail, kept for the way back. to_x is the gradient of x.
template <class L, int D, int F>
struct TailSample {
  L mean[D], weight;  // attention output, and one over its denominator
  L residual[D];      // the query state's embedding, and what the maps add to it
  L hat[D], inverse, mid[D];
  L active[F], slope[F];  // of the feed-forward: gelu(h), d gelu / dh
  L end_hat[D], end_inverse, end[D];
  L target, share;  // the token to come, as a float; the sample's part in the loss
  L to_logits[kVocabulary], to_end[D], to_hidden[F], to_mid[D], to_residual[D], to_mean[D];
};

// Every function takes N samples a step further: what one waits for, another has ready, and a weight that is
// spread over the lanes serves all.

// y = x W, or y += x W; W's entry (i, j) lies at i * by_in + j * by_out.
template <bool Add, class S, int N, class L, int In, int Out>
CARRYSCOPE_BOTH inline void apply(S (&samples)[N], const float* matrix, int by_in, int by_out, L (S::*x)[In],
                                  L (S::*y)[Out]) {
  for (int j = 0; j < Out; ++j) {
    L weight[In];
    for (int i = 0; i < In; ++i) weight[i] = splat<L>(matrix[i * by_in + j * by_out]);
    for (S& s : samples) {
      L sum = Add ? (s.*y)[j] + (s.*x)[0] * weight[0] : (s.*x)[0] * weight[0];
      for (int i = 1; i < In; ++i) sum += (s.*x)[i] * weight[i];
      (s.*y)[j] = sum;
    }
  }
}

// A map of Rows x Cols forwards, and back through its transpose.
template <class S, int N, class L, int Rows, int Cols>
CARRYSCOPE_BOTH inline void map(S (&samples)[N], const float* matrix, L (S::*x)[Rows], L (S::*y)[Cols]) {
  apply<false>(samples, matrix, Cols, 1, x, y);
}
template <class S, int N, class L, int Rows, int Cols>
CARRYSCOPE_BOTH inline void add_map(S (&samples)[N], const float* matrix, L (S::*x)[Rows], L (S::*y)[Cols]) {
  apply<true>(samples, matrix, Cols, 1, x, y);
}
template <class S, int N, class L, int Rows, int Cols>
CARRYSCOPE_BOTH inline void map_back(S (&samples)[N], const float* matrix, L (S::*dy)[Cols],
                                     L (S::*dx)[Rows]) {
  apply<false>(samples, matrix, 1, Cols, dy, dx);
}

// What the samples are worth to the map's weights, per lane: sums += x^T dy; `stride` floats lie between two
// weights' sums. A tile of them stays in registers meanwhile.
template <class S, int N, class L, int Rows, int Cols>
CARRYSCOPE_BOTH inline void add_products(const S (&samples)[N], L (S::*x)[Rows], L (S::*dy)[Cols],
                                         float* sums, int stride) {
  constexpr int kWide = Rows * Cols % 2 == 0 ? 2 : 1;
  constexpr int kRows = Rows < Cols ? Rows : kWide, kCols = Rows < Cols ? kWide : Cols;
  for (int row = 0; row < Rows; row += kRows)
    for (int col = 0; col < Cols; col += kCols) {
      L tile[kRows][kCols];
      const auto at = [&](int i, int j) { return sums + ((row + i) * Cols + col + j) * stride; };
      for (int i = 0; i < kRows; ++i)
        for (int j = 0; j < kCols; ++j) tile[i][j] = load<L>(at(i, j));
      for (const S& s : samples)
        for (int i = 0; i < kRows; ++i)
          for (int j = 0; j < kCols; ++j) tile[i][j] += (s.*x)[row + i] * (s.*dy)[col + j];
      for (int i = 0; i < kRows; ++i)
        for (int j = 0; j < kCols; ++j) store(at(i, j), tile[i][j]);
    }
}

// The norm of the residual, times weight plus bias.
template <class S, int N, class L, int D>
CARRYSCOPE_BOTH inline void norm(S (&samples)[N], const FusedShape& shape, const float* weight,
                                 const float* bias, L (S::*hat)[D], L S::*inverse, L (S::*out)[D]) {
  for (S& s : samples) {
    L of[D];
    s.*inverse = standardise<D>(s.residual, shape.centred, shape.norm_eps, of);
    for (int i = 0; i < D; ++i) {
      (s.*hat)[i] = of[i];
      (s.*out)[i] = of[i] * weight[i] + bias[i];
    }
  }
}

// From the gradient of its output to that of the residual, to which it is added.
template <class S, int N, class L, int D>
CARRYSCOPE_BOTH inline void norm_back(S (&samples)[N], const FusedShape& shape, const float* weight,
                                      L (S::*hat)[D], L S::*inverse, L (S::*to_out)[D]) {
  for (S& s : samples) {
    L to_hat[D], to_residual[D];
    for (int i = 0; i < D; ++i) to_hat[i] = (s.*to_out)[i] * weight[i], to_residual[i] = s.to_residual[i];
    standardise_back<D>(s.*hat, s.*inverse, shape.centred, to_hat, to_residual);
    for (int i = 0; i < D; ++i) s.to_residual[i] = to_residual[i];
  }
}

template <class S, int N, class L, int D>
CARRYSCOPE_BOTH inline void add_norm_products(const S (&samples)[N], L (S::*hat)[D], L (S::*to_out)[D],
                                              float* weight_sums, float* bias_sums, int stride) {
  for (int i = 0; i < D; ++i) {
    L weight = load<L>(weight_sums + i * stride), bias = load<L>(bias_sums + i * stride);
    for (const S& s : samples) {
      weight += (s.*to_out)[i] * (s.*hat)[i];
      bias += (s.*to_out)[i];
    }
    store(weight_sums + i * stride, weight), store(bias_sums + i * stride, bias);
  }
}

// gelu, in place.
template <class L, int D, int F, int N>
CARRYSCOPE_BOTH inline void activate(TailSample<L, D, F> (&samples)[N]) {
  for (auto& s : samples)
    for (int j = 0; j < F; ++j) {
      const L hidden = s.active[j];
      const Normal<L> phi = normal<L>(hidden);
      s.active[j] = hidden * phi.cdf;
      s.slope[j] = phi.cdf + hidden * phi.pdf;
    }
}

// Times the sample's share (0 for an idle lane). The logits are in s.to_logits, and their gradient takes
// their place.
template <class L, int D, int F>
CARRYSCOPE_BOTH inline L cross_entropy(TailSample<L, D, F>& s) {
  L top = s.to_logits[0], total = L{}, hit = L{};
  for (int v = 1; v < kVocabulary; ++v) top = larger(top, s.to_logits[v]);
#pragma GCC unroll 14
  for (int v = 0; v < kVocabulary; ++v) {
    const L logit = s.to_logits[v] - top;
    hit = s.target == splat<L>(static_cast<float>(v)) ? logit : hit;
    s.to_logits[v] = exp<L>(logit);
    total += s.to_logits[v];
  }
  const L scale = s.share / total;
#pragma GCC unroll 14
  for (int v = 0; v < kVocabulary; ++v) {
    const L at_target = s.target == splat<L>(static_cast<float>(v)) ? s.share : L{};
    s.to_logits[v] = s.to_logits[v] * scale - at_target;
  }
  return s.share * (log<L>(total) - hit);
}

// From the sums of e v in s.mean, that of e in s.weight and the query state's embedding in s.residual to the
// loss, whose sum is returned, and the gradient of the logits.
template <class L, int D, int F, int N>
CARRYSCOPE_BOTH inline L tail_forward(const float* tail, const FusedShape& shape,
                                      TailSample<L, D, F> (&samples)[N]) {
  using At = TailAt<D, F>;
  using S = TailSample<L, D, F>;
  for (S& s : samples) {
    s.weight = 1.0F / s.weight;
    for (int i = 0; i < D; ++i) s.mean[i] = s.mean[i] * s.weight;
  }
  add_map(samples, tail + At::output, &S::mean, &S::residual);
  norm(samples, shape, tail + At::mid_weight, tail + At::mid_bias, &S::hat, &S::inverse, &S::mid);
  map(samples, tail + At::up, &S::mid, &S::active);
  activate(samples);
  add_map(samples, tail + At::down, &S::active, &S::residual);
  norm(samples, shape, tail + At::end_weight, tail + At::end_bias, &S::end_hat, &S::end_inverse, &S::end);
  map(samples, tail + At::head, &S::end, &S::to_logits);
  L loss = L{};
  for (S& s : samples) loss += cross_entropy(s);
  return loss;
}

// Back to the gradients of the attention output and, in s.to_residual, of the query state's embedding. Adds
// what the samples are worth to the weights' sums.
template <class L, int D, int F, int N>
CARRYSCOPE_BOTH inline void tail_backward(const float* tail, const FusedShape& shape,
                                          TailSample<L, D, F> (&samples)[N], float* sums, int stride) {
  using At = TailAt<D, F>;
  using S = TailSample<L, D, F>;
  const auto of = [&](int at) { return sums + at * stride; };
  add_products(samples, &S::end, &S::to_logits, of(At::head), stride);
  map_back(samples, tail + At::head, &S::to_logits, &S::to_end);
  add_norm_products(samples, &S::end_hat, &S::to_end, of(At::end_weight), of(At::end_bias), stride);
  for (S& s : samples)
    for (int i = 0; i < D; ++i) s.to_residual[i] = L{};
  norm_back(samples, shape, tail + At::end_weight, &S::end_hat, &S::end_inverse, &S::to_end);
  add_products(samples, &S::active, &S::to_residual, of(At::down), stride);
  map_back(samples, tail + At::down, &S::to_residual, &S::to_hidden);
  for (S& s : samples)
    for (int j = 0; j < F; ++j) s.to_hidden[j] = s.to_hidden[j] * s.slope[j];
  add_products(samples, &S::mid, &S::to_hidden, of(At::up), stride);
  map_back(samples, tail + At::up, &S::to_hidden, &S::to_mid);
  add_norm_products(samples, &S::hat, &S::to_mid, of(At::mid_weight), of(At::mid_bias), stride);
  norm_back(samples, shape, tail + At::mid_weight, &S::hat, &S::inverse, &S::to_mid);
  add_products(samples, &S::mean, &S::to_residual, of(At::output), stride);
  map_back(samples, tail + At::output, &S::to_residual, &S::to_mean);
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
