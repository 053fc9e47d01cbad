// The lanes of the fused trainer: exp, log and the normal distribution against the double functions of the
// library, over dense ranges, in a float and in a vector; the transpositions and the sum against loops.
#define CARRYSCOPE_ISA tested  // a namespace of its own: the library's is compiled with other flags
#pragma GCC diagnostic ignored "-Wpsabi"
#include "train/fused_lanes.h"

#include <gtest/gtest.h>

#include <array>

namespace carryscope::train::tested {
namespace {

// In units in the last place of the right value as a float.
double ulps(double got, double right) {
  const float magnitude = static_cast<float>(std::fabs(right));
  return std::fabs(got - right) / (std::nextafter(magnitude, INFINITY) - static_cast<double>(magnitude));
}

// Calls visit(x, in every lane) for `points` numbers from low to high, both included.
template <class L, class Visit>
void over(double low, double high, int points, const Visit& visit) {
  for (int i = 0; i < points; i += kLanes<L>) {
    L x{};
    for (int k = 0; k < kLanes<L>; ++k)
      set_lane(x, k, static_cast<float>(low + (high - low) * std::min(i + k, points - 1) / (points - 1)));
    visit(x);
  }
}

template <class L>
class FusedLanes : public ::testing::Test {};
using Types = ::testing::Types<float, Lanes<4>>;
TYPED_TEST_SUITE(FusedLanes, Types);

constexpr int kPoints = 400'001;

TYPED_TEST(FusedLanes, ExpIsWithinItsBound) {
  double worst = 0;
  over<TypeParam>(-87, 88, kPoints, [&](const TypeParam& x) {
    const TypeParam y = exp<TypeParam>(x);
    for (int k = 0; k < kLanes<TypeParam>; ++k)
      worst = std::max(worst, ulps(double{lane(y, k)}, std::exp(double{lane(x, k)})));
  });
  EXPECT_LE(worst, 2);
}

TYPED_TEST(FusedLanes, ExpBeyondItsRangeIsThatOfItsEnds) {
  for (const float x : {-87.5F, -104.0F, -1e30F, -INFINITY})
    EXPECT_EQ(lane(exp<TypeParam>(splat<TypeParam>(x)), 0),
              lane(exp<TypeParam>(splat<TypeParam>(-87.0F)), 0));
  for (const float x : {88.5F, 1e30F, INFINITY})
    EXPECT_EQ(lane(exp<TypeParam>(splat<TypeParam>(x)), 0), lane(exp<TypeParam>(splat<TypeParam>(88.0F)), 0));
}

TYPED_TEST(FusedLanes, LogIsWithinItsBound) {
  double worst_ulps = 0, worst = 0;
  for (const double high : {1.01, 2.0, 14.0, 1e6, 1e38})
    over<TypeParam>(1, high, kPoints / 4, [&](const TypeParam& x) {
      const TypeParam y = log(x);
      for (int k = 0; k < kLanes<TypeParam>; ++k) {
        const double right = std::log(double{lane(x, k)}), error = std::fabs(double{lane(y, k)} - right);
        if (error <= 1e-7) continue;
        worst = std::max(worst, error);
        worst_ulps = std::max(worst_ulps, ulps(double{lane(y, k)}, right));
      }
    });
  EXPECT_LE(worst_ulps, 2) << worst;
}

// Relative errors, less what the rounding of x^2 explains.
TYPED_TEST(FusedLanes, NormalIsWithinItsBound) {
  double worst = 0, worst_density = 0;
  over<TypeParam>(-12, 12, kPoints, [&](const TypeParam& x) {
    const Normal<TypeParam> y = normal(x);
    for (int k = 0; k < kLanes<TypeParam>; ++k) {
      const double at = double{lane(x, k)}, cdf = std::erfc(-at / std::sqrt(2.0)) / 2;
      const double pdf = std::exp(-at * at / 2) / std::sqrt(2 * M_PI), square = 3e-8 * at * at;
      worst = std::max(worst, std::fabs(double{lane(y.cdf, k)} / cdf - 1) - (at < 0 ? square : 0));
      worst_density = std::max(worst_density, std::fabs(double{lane(y.pdf, k)} / pdf - 1) - square);
    }
  });
  EXPECT_LE(worst, 4.5e-7);
  EXPECT_LE(worst_density, 2e-7);
}

template <int W>
void expect_transposed() {
  using L = Lanes<W>;
  std::array<float, 8 * W> matrix{}, back{};
  std::array<const float*, W> rows{};
  for (std::size_t i = 0; i < matrix.size(); ++i) matrix[i] = static_cast<float>(i);
  for (std::size_t r = 0; r < W; ++r) rows[r] = &matrix[8 * r];
  std::array<L, 8> columns{};
  to_columns<L>(rows.data(), 8, columns.data());
  for (int c = 0; c < 8; ++c)
    for (int r = 0; r < W; ++r)
      ASSERT_EQ(lane(columns[static_cast<std::size_t>(c)], r), static_cast<float>(8 * r + c)) << W;
  to_rows<L>(columns.data(), back.data());
  EXPECT_EQ(back, matrix) << W;
}

TEST(FusedColumns, AreTheTransposedRowsAndComeBack) {
  expect_transposed<4>(), expect_transposed<8>(), expect_transposed<16>();
}

TEST(FusedColumns, TakeOnlyAsManyAsAsked) {
  using L = Lanes<8>;
  const std::array<float, 8> row = {1, 2, 3, 4, 5, 6, 7, 8};
  std::array<const float*, 8> rows{};
  rows.fill(row.data());
  std::array<L, 8> columns{};
  to_columns<L>(rows.data(), 3, columns.data());
  for (int c = 0; c < 8; ++c)
    EXPECT_EQ(lane(columns[static_cast<std::size_t>(c)], 5), c < 3 ? static_cast<float>(c + 1) : 0.0F);
}

template <int W>
void expect_chosen() {
  std::array<float, 16> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = 100 + static_cast<float>(i);
  typename LanesOf<W>::Integer index{};
  for (int i = 0; i < W; ++i) {
    const std::int32_t number = (7 * i + 3) % 16 + 16 * i;  // the higher bits are another symbol's
    if constexpr (W == 1)
      index = number;
    else
      index[i] = number;
  }
  const Lanes<W> chosen = choose<Lanes<W>>(table.data(), index);
  for (int i = 0; i < W; ++i) EXPECT_EQ(lane(chosen, i), 100.0F + static_cast<float>((7 * i + 3) % 16)) << W;
}

TEST(FusedChoice, IsTheEntryOfEachLanesOwnSymbol) {
  expect_chosen<1>(), expect_chosen<4>(), expect_chosen<8>(), expect_chosen<16>();
}

template <int W>
void expect_sum() {
  using L = Lanes<W>;
  L powers{};
  float sum = 0;
  for (int i = 0; i < W; ++i) {
    set_lane(powers, i, std::ldexp(1.0F, i));
    sum += std::ldexp(1.0F, i);
  }
  EXPECT_EQ(sum_of_lanes(powers), sum) << W;
}

TEST(FusedSum, HasEveryLaneOnce) { expect_sum<1>(), expect_sum<4>(), expect_sum<8>(), expect_sum<16>(); }

}  // namespace
}  // namespace carryscope::train::tested
