// Where a cube's attention outputs lie: each coordinate's exact range, head by head and all heads together.
#include <algorithm>
#include <cmath>

#include "verify/check/functional.h"
#include "verify/check/prover.h"

namespace carryscope::verify::check {

double Prover::guess(const Cube& cube, int head, int axis, int sign, double start) const {
  double x = start;
  for (int round = 0; round < 12; ++round) {
    const auto f = terms<Guess>(q_, head, [&](const Reading& r) {
      const double bracket = sign * static_cast<double>(r.z[index(axis)]) - x;
      const double e = std::ldexp(static_cast<double>(bracket >= 0 ? r.high : r.low), -kWeightBits);
      return Guess{e * bracket, e};
    });
    const Guess best = *largest(cube, f);
    const double step = best.value / best.denominator;
    x += step;
    if (!(std::abs(step) > 0.25)) break;
  }
  return x;
}

// An upper bound of sign u_k over the cube, in units of 2^-24 coordinate units.
Int Prover::supremum(const Cube& cube, int head, int axis, int sign) {
  Int cap = -(Int{1} << 100);
  for (const Cell& cell : q_.cells)
    for (const Reading& r : cell.by_head[index(head)])
      if (r.high > 0) cap = std::max(cap, Int{sign * r.z[index(axis)]} << kDirectionBits);
  double& start = start_[index(2 * (head * q_.axes + axis) + (sign < 0))];
  if (!std::isfinite(start)) start = 0.0;
  start = guess(cube, head, axis, sign, start);
  for (double slack = 1.0; slack < 0x1p40; slack *= 32) {
    const double x = start + slack * (1.0 + 0x1p-46 * std::abs(start));
    if (!(std::abs(x) < 0x1p52)) break;
    const Int bound = static_cast<Int>(std::ceil(std::ldexp(x, kDirectionBits)));
    if (bound >= cap) break;
    const auto f = terms<Int>(q_, head, [&](const Reading& r) {
      return term(shift_up((Int{sign * r.z[index(axis)]} << kDirectionBits) - bound, kDropped), r);
    });
    if (*largest(cube, f) <= 0) return bound;
  }
  return cap;
}

Prover::Region Prover::region(const Cube& cube) {
  Region region;
  region.total = {std::vector<std::int64_t>(index(q_.axes)), std::vector<std::int64_t>(index(q_.axes))};
  for (int h = 0; h < q_.heads; ++h) {
    Box box;
    for (int k = 0; k < q_.axes; ++k) {
      const Int high = supremum(cube, h, k, 1), low = -supremum(cube, h, k, -1);
      const Int centre = (high + low) >> (kDirectionBits + 1);
      const Int reach = std::max(high - (centre << kDirectionBits), (centre << kDirectionBits) - low);
      box.centre.push_back(static_cast<std::int64_t>(centre));
      box.half.push_back(static_cast<std::int64_t>(shift_up(std::max(reach, Int{0}), kDirectionBits)));
      region.total.centre[index(k)] += box.centre.back();
      region.total.half[index(k)] += box.half.back();
    }
    region.head.push_back(std::move(box));
  }
  if (q_.heads > 1) tighten(cube, region);
  return region;
}

// Several heads: the denominators' inverses, and the axes' ranges of all heads together.
void Prover::tighten(const Cube& cube, Region& region) const {
  for (int h = 0; h < q_.heads; ++h) {
    const Int high = *largest(cube, terms<Int>(q_, h, [](const Reading& r) { return Int{r.high}; }));
    const Int low = -*largest(cube, terms<Int>(q_, h, [](const Reading& r) { return -Int{r.low}; }));
    const double middle = 0.5 * (static_cast<double>(low) + static_cast<double>(high));
    const double inverse = std::min(std::ldexp(1.0, kWeightBits + kInverseBits) / middle, 0x1p36);
    region.inverse.push_back(std::llround(inverse));
    const Ball i(std::ldexp(static_cast<double>(region.inverse.back()), -kInverseBits - kWeightBits));
    const Bound above_one = (i * Ball(above(high)) - Ball(1.0)).magnitude();
    const Bound below_one = (i * Ball(-above(-low)) - Ball(1.0)).magnitude();
    region.relative.push_back(above_one < below_one ? below_one : above_one);
  }
  for (int k = 0; k < q_.axes; ++k) {
    Int reach[2];
    Ball slack;
    for (int h = 0; h < q_.heads; ++h)
      slack += Ball(static_cast<double>(region.head[index(h)].half[index(k)])) *
               Ball(0.0).widened(region.relative[index(h)]);
    for (const int sign : {1, -1}) {
      std::vector<std::int64_t> direction(index(q_.axes));
      direction[index(k)] = sign * (std::int64_t{1} << kDirectionBits);
      const Int sum = *largest(cube, joint(region, direction));
      reach[sign < 0] =
          shift_up(sum, kJointBits) + static_cast<Int>(std::ceil(std::min(slack.upper(), 0x1p60)));
    }
    const Int centre = region.total.centre[index(k)], half = region.total.half[index(k)];
    const Int high = std::min(centre + reach[0], centre + half),
              low = std::max(centre - reach[1], centre - half);
    const Int middle = (high + low) >> 1;
    region.total.centre[index(k)] = static_cast<std::int64_t>(middle);
    region.total.half[index(k)] =
        static_cast<std::int64_t>(std::max(Int{0}, std::max(high - middle, middle - low)));
  }
}

// Upper bounds, in units of 2^-50 coordinates times the direction, of
// sum_h i_h sum_j E direction (z - centre_h).
Terms<Int> Prover::joint(const Region& region, const std::vector<std::int64_t>& direction) const {
  Terms<Int> all(q_.domain.digits);
  for (int h = 0; h < q_.heads; ++h) {
    const Terms<Int> f = terms<Int>(q_, h, [&](const Reading& r) {
      Int sum = 0;
      for (std::size_t k = 0; k < direction.size(); ++k)
        sum += Int{direction[k]} * (r.z[k] - region.head[index(h)].centre[k]);
      return shift_up(term(shift_up(sum, kDropped), r), kJointDropped) * region.inverse[index(h)];
    });
    all.constant += f.constant;
    for (std::size_t t = 0; t < all.token.size(); ++t)
      for (std::size_t s = 0; s < 10; ++s) all.token[t][s] += f.token[t][s];
  }
  return all;
}

}  // namespace carryscope::verify::check
