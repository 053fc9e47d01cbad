// exp, erf, tanh of float32 decoding against the double functions of the library, in a float and in a vector.
#define CARRYSCOPE_ISA tested  // a namespace of its own: the library's is compiled with other flags
#pragma GCC diagnostic ignored "-Wpsabi"
#include "model/decode_math.h"

#include <gtest/gtest.h>

#include <bit>

namespace carryscope::model::tested {
namespace {

using Pairwise = Group<Lanes<4>, 2>;

struct Function {
  const char* name;
  float (*of_float)(const float&);
  Pairwise (*of_lanes)(const Pairwise&);
  double (*exact)(double);
  double low, high, ulps;  // where it is held to the bound
};

double erf_of_root_half_exactly(double x) { return std::erf(x * std::sqrt(0.5)); }

template <class L>
L exp_of(const L& x) {
  return exp<L>(x);
}

const Function kFunctions[] = {{"exp", exp_of<float>, exp_of<Pairwise>, std::exp, -87, 88, 2},
                               {"erf", erf_of_root_half<float>, erf_of_root_half<Pairwise>,
                                erf_of_root_half_exactly, -INFINITY, INFINITY, 8},
                               {"tanh", tanh<float>, tanh<Pairwise>, std::tanh, -INFINITY, INFINITY, 5}};

double ulps(double got, double right) {
  const float magnitude = std::max(static_cast<float>(std::fabs(right)), 0x1p-126F);
  return std::fabs(got - right) / (std::nextafter(magnitude, INFINITY) - static_cast<double>(magnitude));
}

// Every 26647th float: both signs, subnormal numbers and infinity too.
TEST(DecodeMath, IsWithinItsBoundsAndTheSameInEveryLane) {
  for (const Function& f : kFunctions) {
    double worst = 0, worst_at = 0;
    for (std::uint32_t bits = 0; bits <= 0x7f800000U; bits += 26647)
      for (const std::uint32_t sign : {0U, 0x80000000U}) {
        const auto x = std::bit_cast<float>(bits | sign);
        if (double{x} < f.low || double{x} > f.high) continue;
        const float y = f.of_float(x);
        const double off = ulps(double{y}, f.exact(double{x}));
        if (!(off <= worst)) worst = off, worst_at = double{x};
        ASSERT_EQ(lane(f.of_lanes(splat<Pairwise>(x)), 5), y) << f.name << "(" << x << ")";
      }
    std::printf("%s: %.2f ulp at %g\n", f.name, worst, worst_at);
    EXPECT_LE(worst, f.ulps) << f.name << " at " << worst_at;
  }
}

TEST(DecodeMath, NoErfIsBeyondOne) {
  for (float x = 4.9F; x < 5.25F; x = std::nextafter(x, 9.0F)) {
    ASSERT_LE(erf_of_root_half<float>(x), 1.0F) << x;
    ASSERT_EQ(erf_of_root_half<float>(-x), -erf_of_root_half<float>(x));
  }
}

TEST(DecodeMath, ExpBeyondItsRangeIsThatOfItsEnds) {
  for (const float x : {-87.5F, -1e30F, -INFINITY}) EXPECT_EQ(exp<float>(x), exp<float>(-87.0F));
  for (const float x : {88.5F, 1e30F, INFINITY}) EXPECT_EQ(exp<float>(x), exp<float>(88.0F));
}

}  // namespace
}  // namespace carryscope::model::tested
