// The checker's affine forms: every operation's form holds the operation's result at every point of the box,
// and the bound of the activations' second derivatives holds everywhere.
#include "verify/check/value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace carryscope::verify::check {
namespace {

using model::Activation;

constexpr Activation kBent[] = {Activation::gelu_erf, Activation::gelu_tanh, Activation::silu};

// Written unlike the checker's own: through erfc, tanh and a quotient.
Ball exactly(Activation kind, const Ball& x) {
  const Ball one(1.0), half(0.5), two(2.0);
  switch (kind) {
    case Activation::gelu_erf:
      return half * x * Ball::of(arb_hypgeom_erfc, -(x / sqrt(two)));
    case Activation::gelu_tanh: {
      const Ball root = sqrt(two / Ball::of(arb_const_pi));
      return half * x * (one + Ball::of(arb_tanh, root * (x + Ball(44715.0) / Ball(1e6) * x * x * x)));
    }
    case Activation::silu:
      return x / (one + exp(-x));
    case Activation::relu:
      break;
  }
  return max(x, 0.0);
}

struct Drawn {
  std::mt19937_64 random;
  double uniform(double from, double to) { return std::uniform_real_distribution(from, to)(random); }
  Value value(double scale) {
    return {uniform(-4, 4), {uniform(-scale, scale), uniform(-scale, scale), uniform(-scale, scale)}};
  }
};

Ball at(const Value& v, const std::vector<double>& e) {
  Ball sum = v.centre;
  for (std::size_t k = 0; k < v.slope.size(); ++k) sum.add_product(v.slope[k], e[k]);
  return sum;
}

void expect_holds(const Value& form, const std::vector<double>& e, const Ball& truth, const char* what,
                  std::uint64_t seed) {
  const Ball found = at(form, e);
  EXPECT_TRUE(std::isfinite(found.upper())) << what << ", seed " << seed;
  EXPECT_TRUE(arb_overlaps(found.x, truth.x)) << what << ", seed " << seed << ": [" << found.lower() << ", "
                                              << found.upper() << "] against " << truth.approximate();
}

TEST(Value, HoldsEveryResultOverItsBox) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Drawn drawn{std::mt19937_64(seed)};
    const double scale = std::pow(10.0, drawn.uniform(-6, 0.5));
    const Value x = drawn.value(scale), y = drawn.value(scale);
    std::vector<double> e;  // a point of the box, often at its edge
    for (int k = 0; k < 3; ++k) e.push_back(std::clamp(drawn.uniform(-1.5, 1.5), -1.0, 1.0));
    const Ball px = at(x, e), py = at(y, e);
    expect_holds(x + y, e, px + py, "sum", seed);
    expect_holds(x - y, e, px - py, "difference", seed);
    expect_holds(x * y, e, px * py, "product", seed);
    expect_holds(squared(x), e, px * px, "square", seed);
    const Value positive = squared(x) + Value{1e-3};
    const Ball truth = px * px + Ball(1e-3);
    expect_holds(positive, e, truth, "sum of a square", seed);
    expect_holds(root(positive, 1e-3), e, sqrt(truth), "root", seed);
    expect_holds(inverse_root(positive, 1e-3), e, Ball(1.0) / sqrt(truth), "inverse root", seed);
    for (const Activation kind :
         {Activation::gelu_erf, Activation::gelu_tanh, Activation::silu, Activation::relu})
      expect_holds(activated(kind, x), e, exactly(kind, px), "activation", seed);
  }
}

TEST(Value, ProductsHoldEveryOrderOfSummation) {
  const Rounding fl(true, {4, 4, 4, 4, 4});
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Drawn drawn{std::mt19937_64(seed)};
    std::vector<float> x, w;
    Values left, right;
    for (int i = 0; i < 9; ++i) {
      x.push_back(static_cast<float>(drawn.uniform(-3, 3))),
          w.push_back(static_cast<float>(drawn.uniform(-3, 3)));
      left.push_back(fl.stored(x.back())), right.push_back(fl.stored(w.back()));
    }
    const Value sum = fl.dot(left, right);
    float upwards = 0, downwards = 0, fused = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      upwards += x[i] * w[i];
      downwards += x[x.size() - 1 - i] * w[x.size() - 1 - i];
      fused = std::fma(x[i], w[i], fused);
    }
    for (const float computed : {upwards, downwards, fused})
      EXPECT_TRUE(arb_overlaps(sum.centre.x, Ball(computed).x)) << "seed " << seed;
  }
}

// The parts of [low, high] on which the second derivative is enclosed below the bound, by halving.
bool below_the_bound(Activation kind, double low, double high) {
  if (bend(kind, hull(Ball(low), high)).magnitude().upper() < 0.8) return true;
  const double middle = 0.5 * (low + high);
  return high - low > 1e-4 && below_the_bound(kind, low, middle) && below_the_bound(kind, middle, high);
}

// Beyond 64 both derivatives of g are below exp(-64) times a cubic.
TEST(Value, NoActivationIsBentMoreThanTheBoundUsed) {
  for (const Activation kind : kBent) EXPECT_TRUE(below_the_bound(kind, -64, 64)) << static_cast<int>(kind);
}

TEST(Value, TheSecondDerivativeIsEnclosed) {
  constexpr double kStep = 1e-4;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Drawn drawn{std::mt19937_64(seed)};
    const double middle = drawn.uniform(-6, 6), half = std::pow(10.0, drawn.uniform(-5, 0));
    const double x = drawn.uniform(middle - half, middle + half);
    for (const Activation kind : kBent) {
      const auto f = [&](double v) { return exactly(kind, v); };
      const Ball difference = (f(x + kStep) - Ball(2.0) * f(x) + f(x - kStep)) / (Ball(kStep) * Ball(kStep));
      // The fourth derivative is at most 4.
      const Ball truth = difference.widened(kStep * kStep);
      const Ball range = hull(Ball(middle - half - kStep), middle + half + kStep);
      EXPECT_TRUE(arb_overlaps(bend(kind, range).x, truth.x)) << static_cast<int>(kind) << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace carryscope::verify::check
