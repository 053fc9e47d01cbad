// Float32 against real float32 evaluations: other orders of summation, contraction, library
// functions off by as much as the stated ulps, flushed subnormals.
#include "verify/float32.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "model/activation.h"
#include "model/error.h"
#include "model/linear.h"
#include "tests/verify/upward.h"
#include "verify/rounding.h"

namespace carryscope {
namespace {

using test::upward;
using verify::Float32;
using verify::Interval;
using Number = model::Number<Float32>;

class Float32Test : public testing::Test {
 protected:
  std::mt19937_64 random_;
  void SetUp() override {
    const auto seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    random_.seed(seed);
  }
  float draw(int low_exponent = -20, int high_exponent = 6) {
    std::uniform_real_distribution<float> unit(-1, 1);
    std::uniform_int_distribution<int> exponent(low_exponent, high_exponent);
    return std::ldexp(unit(random_), exponent(random_));
  }
  // A float within k ulp of y: what a library function may return. Where y is rounded to a power of two
  // (erf to 1), the true value and so its ulp may be the one below.
  float off_by(double y, double ulps) {
    std::uniform_real_distribution<double> unit(-1, 1);
    const double sign = random_() % 2 == 0 ? (random_() % 2 == 0 ? 1 : -1) : unit(random_);
    const double ulp = std::ldexp(1, std::max(std::ilogb(std::nextafter(y, 0.0)), -126) - 23);
    const double low = y - ulps * ulp, high = y + ulps * ulp;
    auto z = static_cast<float>(y + sign * ulps * ulp);
    while (static_cast<double>(z) > high) z = std::nextafter(z, -INFINITY);
    while (static_cast<double>(z) < low) z = std::nextafter(z, INFINITY);
    return z;
  }
};

Float32 enclosed_dot(const std::vector<float>& x, const std::vector<float>& w) {
  Interval sum = 0.0;
  double m = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Float32 term(Number::from(static_cast<double>(x[i])));
    const Interval weight = Number::weight(static_cast<double>(w[i]));
    sum += static_cast<Interval>(term) * weight;
    m += Number::magnitude(term) * weight.magnitude();
  }
  return Number::absorb(sum, m, static_cast<int>(x.size()));
}

float pairwise(const std::vector<float>& terms, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return terms[begin];
  const std::size_t middle = (begin + end) / 2;
  return pairwise(terms, begin, middle) + pairwise(terms, middle, end);
}

TEST_F(Float32Test, DotProductsInAnyOrder) {
  int outside_the_real_result = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const auto n = static_cast<std::size_t>(1 + random_() % 40);
    std::vector<float> x(n), w(n), products(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = draw(), w[i] = draw();
    const Float32 y = upward(enclosed_dot, x, w);
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    double exact = 0;  // products are exact in double; its own rounding is far below u
    for (std::size_t i = 0; i < n; ++i) exact += static_cast<double>(x[i]) * static_cast<double>(w[i]);
    for (int again = 0; again < 6; ++again) {
      std::shuffle(order.begin(), order.end(), random_);
      float plain = 0, fused = 0;
      for (std::size_t i : order) {
        products[i] = x[i] * w[i];
        plain += products[i];
        fused = std::fma(x[i], w[i], fused);
      }
      for (float result : {plain, fused, pairwise(products, 0, n)})
        ASSERT_TRUE(y.range.contains(static_cast<double>(result))) << "trial " << trial << " n " << n;
      outside_the_real_result += std::abs(static_cast<double>(plain) - exact) > 1e-9 * std::abs(exact);
    }
  }
  EXPECT_GT(outside_the_real_result, 1000) << "the roundings did not show: this test tests nothing";
}

// Libraries may start from the bias or end with it.
TEST_F(Float32Test, BiasesFirstOrLast) {
  int outside_bias_last = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const auto n = static_cast<std::size_t>(1 + random_() % 40);
    model::Weights weights(static_cast<int>(n), 1), bias(1, 1);
    std::vector<Float32> inputs;
    const float b = draw(0, 12);
    float sum = 0, plain = b, fused = b;
    bias.value[0] = static_cast<double>(b);
    for (std::size_t i = 0; i < n; ++i) {
      const float x = draw(), w = draw();
      inputs.push_back(Number::from(static_cast<double>(x)));
      weights.value[i] = static_cast<double>(w);
      sum += x * w;
      plain += x * w;
      fused = std::fma(x, w, fused);
    }
    const Float32 y = upward(
        [&] { return model::Linear<Float32>(weights, bias).apply(std::span<const Float32>(inputs), 0); });
    for (float result : {sum + b, plain, fused})
      ASSERT_TRUE(y.range.contains(static_cast<double>(result))) << "trial " << trial << " n " << n;
    outside_bias_last += plain != sum + b;
  }
  EXPECT_GT(outside_bias_last, 1000) << "the order did not show: this test tests nothing";
}

TEST_F(Float32Test, OperationsWithSubnormalsAndFlushing) {
  const auto flushed = [](float v) { return std::abs(v) < 0x1p-126F ? 0.0F : v; };
  for (int trial = 0; trial < 200000; ++trial) {
    const float a = draw(-90, 40), b = draw(-90, 40);
    if (b == 0.0F) continue;
    const Float32 x = Number::from(static_cast<double>(a)), y = Number::from(static_cast<double>(b));
    const auto check = [&](Float32 enclosure, float result) {
      return enclosure.range.contains(static_cast<double>(result)) &&
             enclosure.range.contains(static_cast<double>(flushed(result)));
    };
    ASSERT_TRUE(check(upward([&] { return x + y; }), a + b)) << a << " + " << b;
    ASSERT_TRUE(check(upward([&] { return x - y; }), a - b)) << a << " - " << b;
    ASSERT_TRUE(check(upward([&] { return x * y; }), a * b)) << a << " * " << b;
    ASSERT_TRUE(check(upward([&] { return x / y; }), a / b)) << a << " / " << b;
  }
}

TEST_F(Float32Test, StoredNumbers) {
  const verify::RoundUpward guard;
  EXPECT_EQ(Number::from(0.25).range.width(), 0.0);
  EXPECT_TRUE(Number::from(0.1).range.contains(static_cast<double>(0.1F)));
  EXPECT_TRUE(Number::from(0.1).range.contains(0.1));
  EXPECT_TRUE(Number::from(0x1p-140).range.contains(0.0)) << "flushed inputs";
  EXPECT_TRUE(Number::weight(0.1, 1e-20).contains(0.1) && Number::weight(0.1, 1e-20).width() < 1e-16);
  EXPECT_TRUE(Number::from(0.1, 1e-3).range.contains(Interval(0.0990001, 0.1009999)));
}

TEST_F(Float32Test, OverflowIsTheWholeLine) {
  const verify::RoundUpward guard;
  const Float32 huge = Number::from(0x1p100), whole = huge * huge;
  for (const Float32& x :
       {whole, whole * Number::from(0.0), whole - whole, Number::from(1.0) / whole, exp(Number::from(100.0)),
        tanh(whole), erf(whole), sqrt(whole), exp(whole), gelu_erf(whole), gelu_tanh(whole), silu(whole),
        relu(whole), Number::from(1.0) / Number::from(0.0), Number::absorb(Number::from(1.0), 1e35, 3),
        Number::exp_difference(whole, -1.0, 1.0), gelu_tanh(Number::from(1e20))}) {
    EXPECT_EQ(x.range.lower(), -verify::kInfinity);
    EXPECT_EQ(x.range.upper(), verify::kInfinity);
  }
}

TEST_F(Float32Test, LibraryFunctionsOffByTheirUlps) {
  const verify::LibraryUlps k = verify::library_ulps();
  for (int trial = 0; trial < 100000; ++trial) {
    const float a = draw(-60, 5);
    const Float32 x = Number::from(static_cast<double>(a));
    const auto d = static_cast<double>(a);
    const auto inside = [&](Float32 (*f)(Float32), double exact, double ulps) {
      return upward(f, x).range.contains(static_cast<double>(off_by(exact, ulps)));
    };
    ASSERT_TRUE(inside(verify::exp, std::exp(d), k.exp)) << a;
    ASSERT_TRUE(inside(verify::erf, std::erf(d), k.erf)) << a;
    ASSERT_TRUE(inside(verify::tanh, std::tanh(d), k.tanh)) << a;
    if (a > 0) {
      ASSERT_TRUE(inside(verify::sqrt, std::sqrt(d), k.sqrt)) << a;
    }
  }
}

// Every formula a float32 program may use for an activation, each library function at its worst.
TEST_F(Float32Test, Activations) {
  const verify::LibraryUlps k = verify::library_ulps();
  const auto root_half = static_cast<float>(std::sqrt(0.5)), c = static_cast<float>(std::sqrt(2 / M_PI));
  const float kappa = 0.044715F;
  for (int trial = 0; trial < 300000; ++trial) {
    const float x = draw(-30, 7), margin = std::abs(draw(-40, 2));
    const Float32 box =
        upward([&] { return Float32(Interval(static_cast<double>(x), static_cast<double>(x + margin))); });
    const auto d = [](float v) { return static_cast<double>(v); };
    const float e = off_by(std::erf(d(x * root_half)), k.erf);
    const Float32 gelu = upward(verify::gelu_erf, box);
    for (float y : {x * 0.5F * (1 + e), x * (0.5F * (1 + e)), std::fma(x * 0.5F, e, x * 0.5F)})
      ASSERT_TRUE(gelu.range.contains(d(y))) << "gelu " << x;
    const float inner[] = {c * (x + kappa * x * x * x), c * std::fma(kappa, x * x * x, x),
                           c * x * (1 + kappa * (x * x))};
    const Float32 approximate = upward(verify::gelu_tanh, box);
    for (float v : inner)
      ASSERT_TRUE(approximate.range.contains(d(x * 0.5F * (1 + off_by(std::tanh(d(v)), k.tanh)))))
          << "gelu_tanh " << x;
    const double exact = std::exp(-d(x));
    const float power = exact > 3.4e38 ? INFINITY : off_by(exact, k.exp);
    const Float32 swish = upward(verify::silu, box);
    for (float y : {x / (1 + power), x * (1 / (1 + power))})
      ASSERT_TRUE(swish.range.contains(d(y))) << "silu " << x;
    ASSERT_TRUE(upward(verify::relu, box).range.contains(d(std::max(x, 0.0F))));
  }
}

// Softmax rows: the row's true maximum is unknown to the enclosure, the quotient is not.
TEST_F(Float32Test, SoftmaxWithAnUnknownMaximum) {
  const double k = verify::library_ulps().exp;
  for (int trial = 0; trial < 20000; ++trial) {
    const auto n = static_cast<std::size_t>(2 + random_() % 12);
    std::vector<float> scores(n), e(n);
    for (float& s : scores) s = draw(-3, 6);
    const float row = *std::max_element(scores.begin(), scores.end());
    const double low = static_cast<double>(row) - 3.0 * (trial % 3),
                 high = static_cast<double>(row) + (trial % 5);
    std::vector<Float32> w;
    double sum = 0;
    float total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto s = static_cast<double>(scores[i]);
      w.push_back(upward([&] { return Number::exp_difference(Interval(s), low, high); }));
      e[i] = off_by(std::exp(static_cast<double>(scores[i] - row)), i % 2 == 0 ? k : 0.0);
      if (std::abs(e[i]) < 0x1p-126F) e[i] = 0;  // flushed
      total += e[i];
      sum += Number::magnitude(w[i]);
      const double in_row_units = static_cast<double>(e[i]) * std::exp(static_cast<double>(row) - high);
      ASSERT_GE(in_row_units, w[i].range.lower() * (1 - 1e-12));
      ASSERT_LE(in_row_units, w[i].range.upper() * (1 + 1e-12));
    }
    const Float32 share = upward([&] {
      Interval all = 0.0;
      for (const Float32& x : w) all += x.range;
      return w[0] / Number::absorb(all, sum * (1 + 1e-12), static_cast<int>(n));
    });
    ASSERT_TRUE(share.range.contains(static_cast<double>(e[0] / total)));
  }
}

TEST_F(Float32Test, Rotation) {
  for (int trial = 0; trial < 50000; ++trial) {
    const int position = static_cast<int>(random_() % 40);
    const float frequency = std::abs(draw(-12, 1));
    const auto angle = static_cast<double>(static_cast<float>(position) * frequency);
    const auto [c, s] = upward(verify::float32_turn, position, static_cast<double>(frequency));
    const double k = verify::library_ulps().sincos;
    ASSERT_TRUE(c.range.contains(static_cast<double>(off_by(std::cos(angle), k)))) << position << frequency;
    ASSERT_TRUE(s.range.contains(static_cast<double>(off_by(std::sin(angle), k)))) << position << frequency;
  }
}

Float32 library_exp(Float32 x) { return exp(x); }

// A bound on a library function that is too small is noticed.
TEST_F(Float32Test, UlpsAreUsed) {
  const verify::LibraryUlps before = verify::library_ulps();
  const double wide = upward(library_exp, Number::from(1.0)).range.width();
  verify::LibraryUlps tight{1, 1, 1, 1, 1};
  verify::set_library_ulps(tight);
  const Float32 narrow = upward(library_exp, Number::from(1.0));
  EXPECT_LT(narrow.range.width(), wide / 10);
  EXPECT_FALSE(narrow.range.contains(std::exp(1.0) + before.exp * 0x1p-22));
  verify::set_library_ulps(before);
  for (double bad : {0.0, -1.0, 1e9, std::nan("")}) {
    tight.tanh = bad;
    EXPECT_THROW(verify::set_library_ulps(tight), model::InputError);
  }
  EXPECT_EQ(verify::library_ulps(), before);
}

}  // namespace
}  // namespace carryscope
