// Balls as the forward pass's number type: logits over the reals to some 70 decimal places. The
// reference where doubles cannot tell which logit is larger.
#pragma once

#include "model/activation.h"
#include "tests/verify/ball.h"

namespace carryscope::test {

inline Ball sqr(const Ball& x) { return x * x; }
inline Ball relu(const Ball& x) {
  Ball zero(0.0);
  if (certainly_le(zero, x)) return x;
  if (certainly_le(x, zero)) return zero;
  Ball y;
  arb_union(y.x, x.x, zero.x, kBits);
  return y;
}
// x (1 + erf(x sqrt(1/2))) / 2 with the exact constant, as x erfc(-x / sqrt 2) / 2: no cancellation.
inline Ball gelu_erf(const Ball& x) { return x * erfc(-x / sqrt(Ball(2.0))) * Ball(0.5); }
// The exact sqrt(2/pi) and the decimal 0.044715.
inline Ball gelu_tanh(const Ball& x) {
  const Ball cubic = Ball(44715.0) / Ball(1000000.0);
  return x * Ball(0.5) * (Ball(1.0) + tanh(sqrt(Ball(2.0) / pi()) * (x + cubic * x * x * x)));
}

}  // namespace carryscope::test

template <>
struct carryscope::model::Number<carryscope::test::Ball> {
  using Ball = carryscope::test::Ball;
  using Exact = Ball;
  using Weight = Ball;
  static constexpr bool kRounds = false;
  static Ball from(double value, double radius = 0.0) {
    Ball x(value);
    mag_t error;
    mag_init(error);
    mag_set_d(error, radius);
    arb_add_error_mag(x.x, error);
    mag_clear(error);
    return x;
  }
  static Ball weight(double value, double radius = 0.0) { return from(value, radius); }
  static double lower(const Ball& x) { return carryscope::test::approximate(x); }
  static double upper(const Ball& x) { return carryscope::test::approximate(x); }
  static double magnitude(const Ball& x) { return std::abs(carryscope::test::approximate(x)); }
  static Ball absorb(const Ball& x, double /*magnitude*/, int /*roundings*/) { return x; }
  // Any common scale of the row will do.
  static Ball exp_difference(const Ball& score, double /*low*/, double high) {
    return carryscope::test::exp(score - Ball(high));
  }
  static std::pair<Ball, Ball> turn(int position, double frequency) {
    const Ball angle = Ball(position) * Ball(frequency);
    return {carryscope::test::cos(angle), carryscope::test::sin(angle)};
  }
};
