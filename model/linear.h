// Linear maps and norms over a number type, the two pieces that all parts of the forward pass share.
//
// Roundings (only where Number<T>::kRounds): a float32 program may compute x(AB) or (xA)B, sum in
// any order, the bias first or last, and contract as it likes. All differ from the exact
// y_j = sum_i x_i W_ij + b_j by at most gamma_(rows + rank + 2) * (sum_i |x_i| (|A||B|)_ij + |b_j|).
#pragma once

#include <span>
#include <vector>

#include "model/decoder.h"
#include "model/error.h"
#include "model/number.h"

namespace carryscope::model {

template <class T>
struct Linear {
  using Weight = typename Number<T>::Weight;

  int rows = 0, cols = 0, rank = 0;
  std::vector<Weight> weight;     // cols x rows: the weights of one output lie together
  std::vector<double> magnitude;  // same shape; empty unless roundings count
  std::vector<Weight> bias;       // cols, or empty

  Linear() = default;
  explicit Linear(const Weights& w, const Weights& b = {}) : rows(w.rows), cols(w.cols), rank(w.rank) {
    weight.reserve(w.value.size());
    for (int c = 0; c < cols; ++c)
      for (int r = 0; r < rows; ++r) {
        const std::size_t i = w.at(r, c);
        weight.push_back(Number<T>::weight(w.value[i], w.radius_at(i)));
        if constexpr (Number<T>::kRounds) magnitude.push_back(w.magnitude_at(i));
      }
    for (std::size_t i = 0; i < b.value.size(); ++i)
      bias.push_back(Number<T>::weight(b.value[i], b.radius_at(i)));
  }
  bool empty() const { return weight.empty(); }

  // Output `col` of x W + b.
  T apply(std::span<const T> x, int col) const {
    using Exact = typename Number<T>::Exact;
    const std::size_t start = static_cast<std::size_t>(col) * static_cast<std::size_t>(rows);
    Exact sum = static_cast<Exact>(x[0]) * weight[start];
    for (std::size_t i = 1; i < x.size(); ++i) sum = sum + static_cast<Exact>(x[i]) * weight[start + i];
    T y(sum);
    if constexpr (Number<T>::kRounds) {
      double m = 0.0;
      for (std::size_t i = 0; i < x.size(); ++i) m += Number<T>::magnitude(x[i]) * magnitude[start + i];
      if (!bias.empty()) m += bias[static_cast<std::size_t>(col)].magnitude();
      y = Number<T>::absorb(y, m, rows + rank + 2);
    }
    return bias.empty() ? y : y + bias[static_cast<std::size_t>(col)];
  }

  void apply(std::span<const T> x, std::span<T> y) const {
    ensure(static_cast<int>(x.size()) == rows && static_cast<int>(y.size()) == cols,
           "a linear map gets its shapes");
    for (int c = 0; c < cols; ++c) y[static_cast<std::size_t>(c)] = apply(x, c);
  }
};

// RMSNorm: x / sqrt(mean x^2 + eps) * w.   LayerNorm: (x - mean) / sqrt(variance + eps) * w + b.
//
// `unscaled` leaves the division out and multiplies b by the root instead: the same argmax after a
// linear head, and no division to widen an interval.
template <class T>
struct Normalise {
  using Weight = typename Number<T>::Weight;
  using Exact = typename Number<T>::Exact;

  NormType type = NormType::none;
  T eps = Number<T>::from(0.0);
  std::vector<Weight> weight, bias;

  Normalise() = default;
  explicit Normalise(const Norm& norm) : type(norm.type), eps(Number<T>::from(norm.eps)) {
    if constexpr (Number<T>::kRounds) eps = Number<T>::absorb(eps, norm.eps, 1);
    for (double w : norm.weight.value) weight.push_back(Number<T>::weight(w));
    for (double b : norm.bias.value) bias.push_back(Number<T>::weight(b));
  }

  void apply(std::span<T> x) const { scale_and_shift(x, /*unscaled=*/false); }
  void apply_unscaled(std::span<T> x) const { scale_and_shift(x, /*unscaled=*/true); }

 private:
  void scale_and_shift(std::span<T> x, bool unscaled) const {
    using std::sqrt;
    if (type == NormType::none) return;
    if (type == NormType::layer) subtract_mean(x);
    const bool needs_root = !unscaled || !bias.empty();
    const T root = needs_root ? sqrt(mean_square(x) + eps) : eps;
    const T inverse = unscaled ? eps : Number<T>::from(1.0) / root;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!unscaled) x[i] = x[i] * inverse;
      // x / root rounds once where x * (1 / root) rounds twice; weight and bias may join in another order.
      if constexpr (Number<T>::kRounds) x[i] = Number<T>::absorb(x[i], Number<T>::magnitude(x[i]), 2);
      if (!weight.empty()) x[i] = x[i] * weight[i];
      if (!bias.empty()) x[i] = x[i] + (unscaled ? root * bias[i] : T(bias[i]));
    }
  }

  // Also covers x * r - mean * r, which rounds terms of the size of x and of the mean.
  void subtract_mean(std::span<T> x) const {
    const auto n = static_cast<int>(x.size());
    Exact sum = static_cast<Exact>(x[0]);
    for (std::size_t i = 1; i < x.size(); ++i) sum = sum + static_cast<Exact>(x[i]);
    T mean = T(sum) / Number<T>::from(n);
    if constexpr (Number<T>::kRounds) {
      double m = 0.0;
      for (const T& v : x) m += Number<T>::magnitude(v);
      mean = Number<T>::absorb(mean, m / n * (1 + 0x1p-50), n + 1);
    }
    for (T& v : x) {
      const double size = Number<T>::magnitude(v) + Number<T>::magnitude(mean);
      v = v - mean;
      if constexpr (Number<T>::kRounds) v = Number<T>::absorb(v, size, 4);
    }
  }

  // The mean of x^2; x already centred for LayerNorm.
  T mean_square(std::span<const T> x) const {
    const auto n = static_cast<int>(x.size());
    Exact sum = square(static_cast<Exact>(x[0]));
    for (std::size_t i = 1; i < x.size(); ++i) sum = sum + square(static_cast<Exact>(x[i]));
    T mean = T(sum) / Number<T>::from(n);
    if constexpr (Number<T>::kRounds) mean = Number<T>::absorb(mean, Number<T>::magnitude(mean), n + 4);
    return mean;
  }

  static Exact square(const Exact& v) {
    if constexpr (std::floating_point<Exact>)
      return v * v;
    else
      return sqr(v);
  }
};

}  // namespace carryscope::model
