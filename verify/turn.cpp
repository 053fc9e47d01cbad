// Cosine and sine of position * frequency, a product of an integer and a double, for rotary positions.
//
// The product is kept exact as a sum of two doubles, reduced by the nearest multiple of pi/2 with
// pi/2 split into 33 + 33 bits and an enclosed rest, then put through Taylor's series in intervals.
// Everything is interval arithmetic, so the only claims are the exactness of the two products and the
// remainder of the series. Tables are built with it; it is not fast.
#include <bit>
#include <cstdint>
#include <cstdlib>

#include "verify/interval.h"

namespace carryscope::verify {

namespace {

constexpr int kTerms = 12;  // remainder: 0.8^24 / 24! < 1e-26

// sum of (-1)^i x^(2i) / (2i + odd)!, times x where odd: cosine (odd = 0) and sine (odd = 1), |x| <= 0.8.
Interval series(Interval x, int odd) {
  const Interval square = sqr(x);
  Interval sum = 0.0;
  for (int i = kTerms - 1; i >= 0; --i) {
    // sum_i = 1 - x^2 / ((2i + 1 + odd) (2i + 2 + odd)) sum_(i+1)
    const double divisor = (2 * i + 1 + odd) * (2 * i + 2 + odd);
    sum = 1.0 - square / divisor * sum;
  }
  if (odd != 0) sum *= x;
  return sum + Interval(-1e-25, 1e-25);
}

}  // namespace

std::pair<Interval, Interval> turn(int position, double frequency) {
  constexpr double kHalfPiHigh = 0x1.921fb544p0, kHalfPiMiddle = 0x1.0b4611a6p-34;
  const Interval rest(0x1.3198a2e037073p-69, 0x1.3198a2e037074p-69);
  constexpr double kLimit = 1 << 20;
  // 26 bits of the frequency: both partial products have at most 53 bits, as |position| < 2^26.
  const double coarse =
      std::bit_cast<double>(std::bit_cast<std::uint64_t>(frequency) & ~std::uint64_t{0x7ffffff});
  const double fine = frequency - coarse;
  const double high = position * coarse, low = position * fine;
  if (std::abs(position) >= 1 << 26 || !(std::abs(high) < kLimit)) return {Interval(-1, 1), Interval(-1, 1)};
  const int quarters = static_cast<int>(high / 0x1.921fb54442d18p0 + (high < 0 ? -0.5 : 0.5));
  Interval angle = (Interval(high) - Interval(quarters) * kHalfPiHigh) - Interval(quarters) * kHalfPiMiddle;
  angle = angle - rest * static_cast<double>(quarters) + low;
  const Interval cosine = series(angle, 0), sine = series(angle, 1);
  const std::pair<Interval, Interval> turned[] = {
      {cosine, sine}, {-sine, cosine}, {-cosine, -sine}, {sine, -cosine}};
  const auto [c, s] = turned[quarters & 3];
  return {intersect(c, Interval(-1, 1)), intersect(s, Interval(-1, 1))};
}

}  // namespace carryscope::verify
