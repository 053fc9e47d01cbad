// Float32 programs that differ from the reference's: other orders of summation, contraction to fused
// multiply-adds, library functions off by as much as is covered. One number type each.
//
// Exact is a sum not yet carried out; becoming a number carries it out in the type's own order.
#pragma once

#include <array>
#include <bit>
#include <cmath>

#include "model/error.h"
#include "model/number.h"
#include "verify/library_ulps.h"

namespace carryscope::test {

enum class Order { reversed, fused, lanes, off };  // off: library functions are; sums as in fused

template <Order order>
struct OrderedFloat {
  float v = 0.0F;
  OrderedFloat() = default;
  OrderedFloat(float x) : v(x) {}  // NOLINT: a float is one
  explicit operator double() const { return static_cast<double>(v); }
};

// k ulp up or down, which way decided by the argument's bits.
inline float displaced(float y, float argument, double ulps) {
  if (!std::isfinite(y) || y == 0.0F) return y;
  const double ulp = std::ldexp(1.0, std::max(std::ilogb(y), -126) - 23);
  const double sign = std::bit_cast<std::uint32_t>(argument) * 2654435761U >> 31 ? 1.0 : -1.0;
  const double shift = std::max(0.0, ulps - 1.0);  // the C library's own error is below one
  return static_cast<float>(static_cast<double>(y) + sign * shift * 0.99 * ulp);
}

#define CARRYSCOPE_ORDERED_OPERATOR(symbol)                                             \
  template <Order o>                                                                    \
  OrderedFloat<o> operator symbol(const OrderedFloat<o>& x, const OrderedFloat<o>& y) { \
    return x.v symbol y.v;                                                              \
  }
CARRYSCOPE_ORDERED_OPERATOR(+)
CARRYSCOPE_ORDERED_OPERATOR(-)
CARRYSCOPE_ORDERED_OPERATOR(*)
CARRYSCOPE_ORDERED_OPERATOR(/)
#undef CARRYSCOPE_ORDERED_OPERATOR
template <Order o>
OrderedFloat<o> operator-(const OrderedFloat<o>& x) {
  return -x.v;
}
#define CARRYSCOPE_ORDERED_FUNCTION(name)                                        \
  template <Order o>                                                             \
  OrderedFloat<o> name(const OrderedFloat<o>& x) {                               \
    const float y = std::name(x.v);                                              \
    return o == Order::off ? displaced(y, x.v, verify::library_ulps().name) : y; \
  }
CARRYSCOPE_ORDERED_FUNCTION(exp)
CARRYSCOPE_ORDERED_FUNCTION(tanh)
CARRYSCOPE_ORDERED_FUNCTION(sqrt)
#undef CARRYSCOPE_ORDERED_FUNCTION
template <Order o>
OrderedFloat<o> erf(const OrderedFloat<o>& x) {
  const float y = o == Order::off ? displaced(std::erf(x.v), x.v, verify::library_ulps().erf) : std::erf(x.v);
  return std::clamp(y, -1.0F, 1.0F);
}
template <Order o>
OrderedFloat<o> relu(const OrderedFloat<o>& x) {
  return x.v > 0.0F ? x.v : 0.0F;
}

// Sum of products x_i w_i.
template <Order order>
struct PendingSum {
  static constexpr std::size_t kMost = 96;
  std::array<std::pair<float, float>, kMost> term;
  std::size_t size = 0;

  PendingSum() = default;
  PendingSum(const PendingSum& other) : size(other.size) {
    std::copy_n(other.term.begin(), size, term.begin());
  }
  PendingSum& operator=(const PendingSum& other) {
    size = other.size;
    std::copy_n(other.term.begin(), size, term.begin());
    return *this;
  }
  explicit PendingSum(OrderedFloat<order> x) { append(x.v, 1.0F); }
  void append(float x, float w) {
    model::ensure(size < kMost, "test sums are short");
    term[size++] = {x, w};
  }
  explicit operator OrderedFloat<order>() const {
    if (order == Order::reversed) return by_reverse();
    return order == Order::lanes ? by_lanes() : fused();
  }
  float by_reverse() const {
    float sum = 0.0F;
    for (std::size_t i = size; i > 0; --i) sum += term[i - 1].first * term[i - 1].second;
    return sum;
  }
  float fused() const {
    float sum = 0.0F;
    for (std::size_t i = 0; i < size; ++i) sum = std::fma(term[i].first, term[i].second, sum);
    return sum;
  }
  float by_lanes() const {
    std::array<float, 4> lane{};
    for (std::size_t i = 0; i < size; ++i) lane[i % 4] += term[i].first * term[i].second;
    return (lane[0] + lane[2]) + (lane[1] + lane[3]);
  }
};
template <Order o>
PendingSum<o> operator+(const PendingSum<o>& x, const PendingSum<o>& y) {
  PendingSum<o> sum = x;
  for (std::size_t i = 0; i < y.size; ++i) sum.append(y.term[i].first, y.term[i].second);
  return sum;
}
template <Order o>
PendingSum<o> operator*(const PendingSum<o>& x, const PendingSum<o>& y) {
  return x * static_cast<OrderedFloat<o>>(y);
}
// Of a single term, as the forward pass uses it.
template <Order o>
PendingSum<o> operator*(const PendingSum<o>& x, const OrderedFloat<o>& w) {
  model::ensure(x.size == 1 && x.term[0].second == 1.0F, "a product of single numbers");
  PendingSum<o> product;
  product.append(x.term[0].first, w.v);
  return product;
}
template <Order o>
PendingSum<o> sqr(const PendingSum<o>& x) {
  return x * x;
}

}  // namespace carryscope::test

template <carryscope::test::Order o>
struct carryscope::model::Number<carryscope::test::OrderedFloat<o>> {
  using T = carryscope::test::OrderedFloat<o>;
  using Exact = carryscope::test::PendingSum<o>;
  using Weight = T;
  static constexpr bool kRounds = false;
  static T from(double value, double /*radius*/ = 0.0) { return static_cast<float>(value); }
  static T weight(double value, double radius = 0.0) { return from(value, radius); }
  static double lower(T x) { return static_cast<double>(x.v); }
  static double upper(T x) { return static_cast<double>(x.v); }
  static double magnitude(T x) { return std::abs(static_cast<double>(x.v)); }
  static T absorb(T x, double /*magnitude*/, int /*roundings*/) { return x; }
  static T exp_difference(T score, double /*low*/, double high) {
    return exp(T(score.v - static_cast<float>(high)));
  }
  static std::pair<T, T> turn(int position, double frequency) {
    const float angle = static_cast<float>(position) * static_cast<float>(frequency);
    return {std::cos(angle), std::sin(angle)};
  }
};
