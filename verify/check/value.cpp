#include "verify/check/value.h"

#include <algorithm>

#include "model/error.h"

namespace carryscope::verify::check {

namespace {

using model::Activation;

constexpr double kSecondOrder = 1.0 + 0x1p-10;  // products of error terms, for at most 2^13 roundings
constexpr double kLargest = 0x1p112;            // beyond it, something may have overflowed
constexpr double kMostBent = 0.8;               // |f''| of every activation, which is largest at 0

// f(x) = at + slope (x - m) + rest for all x of a range about m.
struct Line {
  Ball m, at, slope, rest;
};

Value along(const Line& f, const Value& x) {
  Value y{f.at + f.slope * (x.centre - f.m) + f.rest};
  for (const Ball& s : x.slope) y.slope.push_back(s * f.slope);
  return y;
}

void add_product(Value& sum, const Value& x, const Value& y) {
  sum.centre.add_product(x.centre, y.centre);
  sum.slope.resize(std::max({sum.slope.size(), x.slope.size(), y.slope.size()}));
  for (std::size_t k = 0; k < x.slope.size(); ++k) sum.slope[k].add_product(x.slope[k], y.centre);
  for (std::size_t k = 0; k < y.slope.size(); ++k) sum.slope[k].add_product(x.centre, y.slope[k]);
  if (!x.slope.empty() && !y.slope.empty()) sum.centre = sum.centre.widened(x.reach() * y.reach());
}

// The tangent of a function that is bent one way throughout the range: it is farthest off at an end.
template <class F>
Line tangent(const Ball& range, F&& f, const Ball& m, const Ball& slope) {
  const Ball at = f(m);
  Ball rest;
  for (const Ball& x : {range.least(), range.most()}) rest = hull(rest, f(x) - at - slope * (x - m));
  return {m, at, slope, rest};
}

// Activations are x g(x). g and its first two derivatives:
struct Sigmoid {
  Ball g, first, second;
};

Sigmoid logistic(const Ball& p, const Ball& p1, const Ball& p2) {
  const Ball one(1.0), s = one / (one + exp(-p)), d = s * (one - s);
  return {s, d * p1, d * p2 + d * (one - Ball(2.0) * s) * p1 * p1};
}

// gelu_erf: the normal distribution; gelu_tanh: (1 + tanh v) / 2 is logistic in 2 v = c (x + k x^3).
Sigmoid sigmoid(Activation kind, const Ball& x) {
  static const Ball pi = Ball::of(arb_const_pi), c = sqrt(Ball(8.0) / pi),
                    k = Ball(44715.0) / Ball(1000000.0), peak = Ball(1.0) / sqrt(Ball(2.0) * pi),
                    half_root = sqrt(Ball(0.5));
  const Ball square = x * x;
  if (kind == Activation::silu) return logistic(x, 1.0, 0.0);
  if (kind == Activation::gelu_tanh)
    return logistic(c * x * (Ball(1.0) + k * square), c * (Ball(1.0) + Ball(3.0) * k * square),
                    c * Ball(6.0) * k * x);
  const Ball density = peak * exp(Ball(-0.5) * square);
  return {Ball(0.5) * (Ball(1.0) + erf(x * half_root)), density, -(x * density)};
}

// Above its chord nowhere, and below it by at most what it is at 0.
Line relu(const Ball& range) {
  const Ball low = range.least(), high = range.most();
  if (arb_is_nonnegative(low.x)) return {0.0, 0.0, 1.0, 0.0};
  if (arb_is_nonpositive(high.x)) return {0.0, 0.0, 0.0, 0.0};
  const Ball slope = high / (high - low);
  return {0.0, 0.0, slope, hull(0.0, -(slope * low))};
}

}  // namespace

Ball Value::reach() const {
  Ball sum;
  for (const Ball& s : slope) sum += s.magnitude();
  return sum;
}

Value operator+(const Value& x, const Value& y) {
  if (x.slope.size() < y.slope.size()) return y + x;
  Value z{x.centre + y.centre, x.slope};
  for (std::size_t k = 0; k < y.slope.size(); ++k) z.slope[k] += y.slope[k];
  return z;
}

Value operator-(const Value& x, const Value& y) { return x + along({0.0, 0.0, -1.0, 0.0}, y); }

Value operator*(const Value& x, const Value& y) {
  Value z{};
  add_product(z, x, y);
  return z;
}

Value squared(const Value& x) {
  const Ball range = x.range(), m = range.middle();
  return along(tangent(
                   range, [](const Ball& v) { return v * v; }, m, Ball(2.0) * m),
               x);
}

Value root(const Value& x, double least) {
  const Ball range = x.range().at_least(least), m = range.middle();
  return along(tangent(range, sqrt, m, Ball(0.5) / sqrt(m)), x);
}

Value inverse_root(const Value& x, double least) {
  const Ball range = x.range().at_least(least), m = range.middle();
  const auto f = [](const Ball& v) { return Ball(1.0) / sqrt(v); };
  return along(tangent(range, f, m, Ball(-0.5) * f(m) / m), x);
}

Ball bend(Activation kind, const Ball& range) {
  const Sigmoid g = sigmoid(kind, range);
  const Ball second = Ball(2.0) * g.first + range * g.second, most(kMostBent);
  return arb_lt(second.magnitude().x, most.x) != 0 ? second : Ball(0.0).widened(most);
}

Value activated(Activation kind, const Value& x) {
  const Ball range = x.range(), m = range.middle(), r = range.radius();
  if (kind == Activation::relu) return along(relu(range), x);
  const Sigmoid g = sigmoid(kind, m);
  return along({m, m * g.g, g.g + m * g.first, Ball(0.5) * bend(kind, range) * hull(0.0, r * r)}, x);
}

Value Rounding::operator()(Value x, double n, const Ball& size) const {
  model::ensure(n < (1 << 13), "sums are short enough for the bound on their rounding");
  if (!float32_) return x;
  x.centre = x.centre.widened(Ball(n * kUnit) * Ball(kSecondOrder) * size + Ball(kTiny * n));
  if (arb_lt(size.x, Ball(kLargest).x) == 0) arb_zero_pm_inf(x.centre.x);
  return x;
}

Value Rounding::stored(double v) const {
  const bool exact = v == 0.0 || (static_cast<double>(static_cast<float>(v)) == v && std::abs(v) >= 0x1p-126);
  return exact ? Value{v} : (*this)(Value{v});
}

Values Rounding::product(std::span<const Value> x, const Matrix& w, int more) const {
  std::vector<Ball> size;
  for (const Value& v : x) size.push_back(float32_ ? v.size() : Ball());
  Values all;
  for (const Values& column : w) {
    Value sum{};
    Ball terms;
    for (std::size_t i = 0; i < x.size(); ++i) {
      add_product(sum, x[i], column[i]);
      if (float32_) terms.add_product(size[i], column[i].size());
    }
    all.push_back((*this)(std::move(sum), static_cast<double>(x.size()) + more, terms));
  }
  return all;
}

// Roundings of the formulas, k the library function's ulps: erf (tanh) is off by k u and by its argument's
// two (eight) roundings, which cost at most 0.97 u (3.7 u); 1 + erf and the last product round once each.
// silu: the exponential is seen through its share of the denominator, and three roundings.
Value Rounding::activation(Activation kind, const Value& v) const {
  Value y = activated(kind, v);
  if (!float32_ || kind == Activation::relu) return y;
  const Ball x = v.size();
  Ball local = Ball(2.0) * y.size();
  if (kind == Activation::gelu_erf) local += Ball(0.5 * (ulps_.erf + 0.97)) * x;
  if (kind == Activation::gelu_tanh) local += Ball(0.5 * (ulps_.tanh + 3.7)) * x;
  if (kind == Activation::silu)
    local += (Ball(1.0) + Ball(2.0 * ulps_.exp) * logistic(-v.range(), 1.0, 0.0).g.magnitude()) * y.size();
  if (kind == Activation::gelu_tanh && arb_lt(x.x, Ball(0x1p36).x) == 0) arb_zero_pm_inf(y.centre.x);
  y.centre = y.centre.widened(Ball(kTiny) * (x + Ball(2.0)));  // x^3 may overflow; what underflows is below
  return (*this)(std::move(y), 1, local);
}

}  // namespace carryscope::verify::check
