// Jets against high precision at random points of their box, through random formulas; and that they know
// which values move together.
#include "verify/jet.h"

#include <gtest/gtest.h>

#include <random>

#include "model/linear.h"
#include "tests/verify/ball_number.h"
#include "tests/verify/upward.h"

namespace carryscope {
namespace {

using test::Ball;
using verify::Interval;

constexpr int kAxes = 3, kInputs = 4;
using Jet = verify::Jet<kAxes>;
using Point = std::array<double, kAxes>;

// Numbers that move linearly over the box.
struct Inputs {
  double centre[kInputs], slope[kInputs][kAxes];

  explicit Inputs(std::mt19937_64& random) {
    std::uniform_real_distribution<double> unit(-1, 1);
    const double size = std::ldexp(1.0, static_cast<int>(random() % 24) - 20);  // of the box
    for (int i = 0; i < kInputs; ++i) {
      centre[i] = 3 * unit(random);
      for (double& s : slope[i]) s = size * unit(random);
    }
  }
  std::vector<Jet> jets() const {
    std::vector<Jet> all;
    for (int i = 0; i < kInputs; ++i) {
      Jet x(Interval{centre[i]});
      for (std::size_t k = 0; k < kAxes; ++k) x.slope[k] = slope[i][k];
      x.value = x.linear();
      all.push_back(x);
    }
    return all;
  }
  std::vector<Ball> at(const Point& t) const {
    std::vector<Ball> all;
    for (int i = 0; i < kInputs; ++i) {
      Ball x(centre[i]);
      for (std::size_t k = 0; k < kAxes; ++k) x = x + Ball(slope[i][k]) * Ball(t[k]);
      all.push_back(x);
    }
    return all;
  }
};

template <class T>
T operation(std::uint64_t kind, const T& a, const T& b) {
  const T tiny = model::Number<T>::from(1e-5);
  switch (kind % 11) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2:
      return a * b;
    case 3:
      return a / (sqr(b) + model::Number<T>::from(0.25));
    case 4:
      return sqr(a);
    case 5:
      return sqrt(sqr(a) + tiny);
    case 6:
      return gelu_erf(a);
    case 7:
      return gelu_tanh(a);
    case 8:
      return a * model::Number<T>::weight(0.75);
    case 9:
      return relu(a);
    default:
      return model::Number<T>::from(1.0) / sqrt(sqr(a) + sqr(b) + tiny);
  }
}

// Some formula: the same for each T if `random` is in the same state.
template <class T>
T formula(std::mt19937_64 random, std::vector<T> x) {
  for (int round = 0; round < 6; ++round) {
    const std::uint64_t kind = random();
    const T a = x[random() % x.size()], b = x[random() % x.size()];
    x.push_back(operation(kind, a, b));
  }
  return x.back();
}

bool contains(Interval y, const Ball& exact) {
  return !test::certainly_lt(exact, Ball(y.lower())) && !test::certainly_lt(Ball(y.upper()), exact);
}

Interval along(const Jet& y, const Point& t) {
  Interval sum = y.at;
  for (std::size_t k = 0; k < kAxes; ++k) sum += y.slope[k] * t[k];
  return sum;
}

TEST(Jet, HoldsEveryPointOfTheBox) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> unit(-1, 1);
  for (int round = 0; round < 3000 && !testing::Test::HasFailure(); ++round) {
    const Inputs inputs(random);
    const std::mt19937_64 same(random());
    const Jet y = test::upward([&] { return formula(same, inputs.jets()); });
    const Interval range = test::upward([&] { return y.range(); });
    ASSERT_TRUE(contains(y.at, formula(same, inputs.at({})))) << "round " << round;
    for (int i = 0; i < 8; ++i) {
      Point t;
      for (double& v : t) v = i % 2 ? std::copysign(1.0, unit(random)) : unit(random);
      const Ball exact = formula(same, inputs.at(t));
      ASSERT_TRUE(contains(range, exact)) << "round " << round;
      ASSERT_TRUE(contains(test::upward(along, y, t), exact)) << "round " << round;
    }
  }
}

// Entries that all move by the same amount: LayerNorm does not see it.
TEST(Jet, KnowsWhichEntriesMoveTogether) {
  std::vector<Jet> x;
  for (int i = 0; i < 7; ++i) {
    Jet entry(Interval{0.5 * i});
    entry.slope[0] = 3.0;
    entry.value = Interval(0.5 * i - 3.0, 0.5 * i + 3.0);
    x.push_back(entry);
  }
  const model::Normalise<Jet> norm(model::Norm{model::NormType::layer, 1e-5, {}, {}});
  test::upward([&] { norm.apply(x); });
  for (const Jet& y : x) EXPECT_LT(y.range().width(), 1e-9);
}

}  // namespace
}  // namespace carryscope
