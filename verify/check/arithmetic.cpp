#include "verify/check/arithmetic.h"

#include "model/error.h"

namespace carryscope::verify::check {

namespace {

using model::Activation;

constexpr double kSecondOrder = 1.0 + 0x1p-10;  // products of error terms, for at most 2^13 roundings
constexpr double kLargest = 0x1p112;            // beyond it, something may have overflowed

// A function at m, its slope at m, and its second derivative over all of `range`.
struct Expansion {
  Ball at, slope, curve;
};

Ball pi() {
  Ball y;
  arb_const_pi(y.x, kBits);
  return y;
}

// x Phi(x); second derivative phi(x) (2 - x^2), at most 0.8.
Expansion gelu_erf(const Ball& m, const Ball& range) {
  const Ball density = Ball(1.0) / sqrt(Ball(2.0) * pi());
  const Ball phi = density * exp(m * m * Ball(-0.5));
  const Ball Phi = Ball(0.5) * (Ball(1.0) + erf(m * sqrt(Ball(0.5))));
  Ball curve = density * exp(range * range * Ball(-0.5)) * (Ball(2.0) - range * range);
  if (!(curve.magnitude() < Bound(0.8))) curve = Ball(0.0).widened(0.8);
  return {m * Phi, Phi + m * phi, curve};
}

// x/2 (1 + t), t = tanh(v), v = c (x + k x^3).
Expansion gelu_tanh(const Ball& m, const Ball& range) {
  const Ball c = sqrt(Ball(2.0) / pi()), k = Ball(44715.0) / Ball(1000000.0), one(1.0), half(0.5);
  const auto v = [&](const Ball& x) { return c * (x + k * x * x * x); };
  const auto v1 = [&](const Ball& x) { return c * (one + Ball(3.0) * k * x * x); };
  const Ball t = tanh(v(m)), T = tanh(v(range)), steep = one - T * T;
  const Ball curve =
      steep * v1(range) +
      half * range * (steep * c * Ball(6.0) * k * range - Ball(2.0) * T * steep * v1(range) * v1(range));
  return {half * m * (one + t), half * (one + t) + half * m * (one - t * t) * v1(m), curve};
}

Ball sigmoid(const Ball& x) { return Ball(1.0) / (Ball(1.0) + exp(-x)); }

// x s, s = 1 / (1 + exp(-x)).
Expansion silu(const Ball& m, const Ball& range) {
  const Ball one(1.0), s = sigmoid(m), S = sigmoid(range);
  return {m * s, s + m * s * (one - s), S * (one - S) * (Ball(2.0) + range * (one - Ball(2.0) * S))};
}

Ball relu_slope(const Ball& range) {
  if (arb_is_nonnegative(range.x)) return 1.0;
  if (arb_is_nonpositive(range.x)) return 0.0;
  return Ball(0.5).widened(0.5);
}

}  // namespace

Bound Arithmetic::gamma(int n) const {
  model::ensure(n < (1 << 13), "sums are short enough for the bound on their rounding");
  return rounds_ ? Bound(n * kUnit) * Bound(kSecondOrder) : Bound();
}

void Arithmetic::absorb(Value& x, const Bound& size, int n) const {
  if (!rounds_) return;
  x.error += gamma(n) * size + Bound(kTiny * n);
  if (!(size < Bound(kLargest))) mag_inf(x.error.m);
}

void Arithmetic::tighten(Value& x, const std::vector<Bound>& reach) {
  if (x.slope.empty()) return;
  Ball linear = x.at;
  for (std::size_t k = 0; k < x.slope.size(); ++k) linear += x.slope[k] * Ball(0.0).widened(reach[k]);
  if (linear.radius() < x.x.radius()) x.x = std::move(linear);
}

Value Arithmetic::finished(Value y, const Bound& propagated) const {
  if (rounds_) {
    y.error = propagated;
    absorb(y, y.size(), 1);
  }
  return y;
}

Value Arithmetic::plus(const Value& x, const Value& y) const {
  Value z{x.x + y.x, x.slope, {}, x.centre() + y.centre()};
  for (std::size_t k = 0; k < y.slope.size(); ++k) {
    if (k < z.slope.size())
      z.slope[k] += y.slope[k];
    else
      z.slope.push_back(y.slope[k]);
  }
  return finished(std::move(z), x.error + y.error);
}

Value Arithmetic::minus(const Value& x, const Value& y) const {
  Value negated{-y.x, {}, y.error, -y.at};
  for (const Ball& s : y.slope) negated.slope.push_back(-s);
  return plus(x, negated);
}

// x y - x0 y0 = (x - x0) (y + y0)/2 + (y - y0) (x + x0)/2
Value Arithmetic::times(const Value& x, const Value& y) const {
  const Ball half(0.5), along_x = (y.x + y.centre()) * half, along_y = (x.x + x.centre()) * half;
  Value z{x.x * y.x, {}, {}, x.centre() * y.centre()};
  for (std::size_t k = 0; k < std::max(x.slope.size(), y.slope.size()); ++k) {
    Ball s;
    if (k < x.slope.size()) s += x.slope[k] * along_x;
    if (k < y.slope.size()) s += along_y * y.slope[k];
    z.slope.push_back(std::move(s));
  }
  if (!rounds_) return z;
  return finished(std::move(z), x.x.magnitude() * y.error + y.x.magnitude() * x.error + x.error * y.error);
}

// sqrt x - sqrt x0 = (x - x0) / (sqrt x + sqrt x0), and sqrt' <= 1 / (2 sqrt(least computed argument)).
Value Arithmetic::root(const Value& x, double least) const {
  Value y{sqrt(x.x.at_least(least)), {}, {}, sqrt(x.centre().at_least(least))};
  const Ball steep = Ball(1.0) / (y.x + y.at);
  for (const Ball& s : x.slope) y.slope.push_back(s * steep);
  if (!rounds_) return y;
  const Ball computed = sqrt(x.computed().at_least(least));
  y.error = (Ball(0.5) / computed).magnitude() * x.error;
  y.error += Bound(2.0 * ulps_.sqrt * kUnit * kSecondOrder) * y.size() + Bound(kTiny);
  return y;
}

// 1/x - 1/x0 = -(x - x0) / (x x0)
Value Arithmetic::inverse(const Value& x) const {
  const Ball y = Ball(1.0) / x.x, computed = Ball(1.0) / x.computed();
  Value z{y, {}, {}, Ball(1.0) / x.centre()};
  for (const Ball& s : x.slope) z.slope.push_back(-(s * y * z.at));
  return finished(std::move(z), y.magnitude() * computed.magnitude() * x.error);
}

Value Arithmetic::constant(const Matrix& m, std::size_t entry) const {
  Value v{m.value[entry], {}, {}, {}};
  if (m.roundings > 0) absorb(v, m.size[entry], m.roundings);
  return v;
}

Value Arithmetic::dot(const Value* x, const Ball* y, const Bound* sizes, std::size_t stride,
                      std::size_t terms, int more) const {
  Value sum;
  sum.slope.resize(x[0].slope.size());
  Bound size, propagated;
  for (std::size_t i = 0; i < terms; ++i) {
    const Ball& w = y[i * stride];
    sum.x += x[i].x * w;
    sum.at += x[i].at * w;
    for (std::size_t k = 0; k < sum.slope.size(); ++k) sum.slope[k] += x[i].slope[k] * w;
    if (!rounds_) continue;
    propagated += w.magnitude() * x[i].error;
    size += sizes[i * stride] * x[i].size();
  }
  sum.error = propagated;
  absorb(sum, size, static_cast<int>(terms) + more);
  return sum;
}

// x (A B) rounds rank + rows times, (x A) B rows + rank times.
Value Arithmetic::linear(const std::vector<Value>& x, const Matrix& w, const Matrix& bias, int col) const {
  const std::size_t from = static_cast<std::size_t>(col), stride = static_cast<std::size_t>(w.cols);
  const Value y = dot(x.data(), &w.value[from], &w.size[from], stride, x.size(), w.roundings);
  return bias.empty() ? y : plus(y, constant(bias, from));
}

// Roundings of the formulas, k the library function's ulps: erf (tanh) is off by k u and by its argument's
// two (eight) roundings, which cost at most 0.97 u (3.7 u); 1 + erf and the last product round once each.
// silu: the exponential is seen through its share of the denominator, and three roundings.
// A chord's slope is the mean of f' = f'(m) + f'' (. - m) from the centre, which is m up to its radius, to v:
// of what (. - m) is on the way, the mean is half of v - m.
Value Arithmetic::activation(Activation kind, const Value& v) const {
  const Ball m = v.centre().middle(), range = hull(v.computed(), m), reach = range - m;
  Value y;
  Ball slope, chord;
  if (kind == Activation::relu) {
    chord = slope = relu_slope(range);
    y.at = m.negative() ? Ball(0.0) : m;
  } else {
    const Expansion e = kind == Activation::gelu_erf    ? gelu_erf(m, range)
                        : kind == Activation::gelu_tanh ? gelu_tanh(m, range)
                                                        : silu(m, range);
    slope = e.slope + e.curve * reach;
    chord = e.slope + (e.curve * reach * Ball(0.5)).widened(e.curve.magnitude() * v.centre().radius());
    y.at = e.at;
  }
  y.x = y.at + slope * (v.x - m);
  y.at += slope * (v.centre() - m);
  for (const Ball& s : v.slope) y.slope.push_back(s * chord);
  if (!rounds_) return y;
  y.error = slope.magnitude() * v.error;
  const Bound x = v.size(), size = y.size();
  Bound local = Bound(2.0) * size;
  if (kind == Activation::gelu_erf) local += Bound(0.5 * (ulps_.erf + 0.97)) * x;
  if (kind == Activation::gelu_tanh) local += Bound(0.5 * (ulps_.tanh + 3.7)) * x;
  if (kind == Activation::silu)
    local = (Bound(3.0) + Bound(2.0 * ulps_.exp) * sigmoid(-range).magnitude()) * size;
  if (kind == Activation::gelu_tanh && !(x < Bound(0x1p36))) mag_inf(y.error.m);  // x^3 may overflow
  if (kind != Activation::relu)
    y.error += Bound(kUnit * kSecondOrder) * local + Bound(kTiny) * (x + Bound(2.0));
  return y;
}

}  // namespace carryscope::verify::check
