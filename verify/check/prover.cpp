#include "verify/check/prover.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "model/error.h"

namespace carryscope::verify::check {

namespace {

// Directions are integers, 1 = 2^24; a functional's terms are E (direction z - offset), with the bracket
// rounded up to 2^-52: 57 bits and a sign, times 58 bits, and at most 2^10 of them fit 128 bits.
constexpr int kDirectionBits = 24, kDropped = kDirectionBits + kCoordinateBits - 52, kInverseBits = 30;
// Several heads: terms lose 40 bits before they are multiplied by 1/D (30 bits behind the point, at most 36
// in all); what comes out is in units of 2^-50 coordinate units, times the direction.
constexpr int kJointDropped = 40, kJointBits = 50;
static_assert(kJointBits == kDirectionBits - kDropped + kWeightBits - kJointDropped + kInverseBits);
constexpr int kBoxesPerCube = 64, kBoxesPerVerdict = 4000, kDepth = 3;
constexpr double kLargestOffset = 0x1p78;
constexpr Count kFewPairs = 100;
constexpr double kUnknown = 1e200;  // stands for the blur of a slope of which nothing is known

std::size_t index(int i) { return static_cast<std::size_t>(i); }

Int shift_up(Int x, int bits) { return (x + (Int{1} << bits) - 1) >> bits; }

// At most x, or a whole number near it where it is huge.
Int floor_int(double x) {
  return static_cast<Int>(std::floor(std::clamp(x, -kLargestOffset, kLargestOffset)));
}

double above(Int x) {  // as a double, rounded up
  const double d = static_cast<double>(x);
  return d + std::abs(d) * 0x1p-50;
}

// An upper bound of E (bracket).
Int term(Int bracket, const Reading& r) { return bracket * (bracket >= 0 ? r.high : r.low); }

template <class V, class Each>
Terms<V> terms(const Question& q, int head, Each&& each) {
  Terms<V> f(q.domain.digits);
  for (const Cell& cell : q.cells) {
    const std::vector<Reading>& readings = cell.by_head[index(head)];
    if (cell.token < 0) {
      f.constant = f.constant + each(readings[0]);
      continue;
    }
    const std::size_t digits = cell.token == s_token(q.domain.digits, q.domain.digits) ? 2 : 10;
    for (std::size_t s = 0; s < digits; ++s) {
      V& entry = f.at(cell.token)[s];
      entry = entry + each(readings[s]);
    }
  }
  return f;
}

// The same additions, without digits that occur in none of them.
Cube occurring(const Cube& cube) {
  Cube out = cube;
  for (int token = 0; token < cube.token_count(); ++token)
    for (int digit = 0; digit < 10; ++digit)
      if (count(restricted(cube, token, digit)) == 0)
        out.at(token) = static_cast<std::uint16_t>(out.at(token) & ~(1U << digit));
  return out;
}

}  // namespace

Prover::Prover(const Network& network, const Question& question) : network_(network), q_(question) {
  start_.assign(index(2 * q_.heads * q_.axes), HUGE_VAL);
  model::ensure(q_.cells.size() * index(q_.heads) < 1024, "the terms of a functional fit 128 bits");
}

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

// Every rival's margin over the box; m0 at its centre, slopes over all of it.
std::vector<Prover::Margin> Prover::margins(const Box& box, const std::vector<int>& rivals) const {
  const int d = network_.decoder().width();
  const bool rounds = network_.arithmetic().rounds();
  std::vector<Bound> reach;
  for (const std::int64_t h : box.half) reach.emplace_back(static_cast<double>(h) * q_.unit);
  if (rounds) reach.insert(reach.end(), q_.remainder.begin(), q_.remainder.end());
  Values x = q_.base;
  for (int i = 0; i < d; ++i) {
    Value& r = x[index(i)];
    r.at = r.x;
    for (int k = 0; k < q_.axes; ++k) {
      r.slope.emplace_back(q_.axis[index(k * d + i)]);
      r.at += Ball(static_cast<double>(box.centre[index(k)]) * q_.unit) * r.slope.back();
    }
    if (rounds)
      for (int j = 0; j < d; ++j) r.slope.emplace_back(i == j ? 1.0 : 0.0);
    else
      r.at = r.at.widened(q_.remainder[index(i)]);
    r.x = r.at;
    for (std::size_t k = 0; k < reach.size(); ++k) r.x += r.slope[k] * Ball(0.0).widened(reach[k]);
  }
  network_.tail(x, reach);
  std::vector<Margin> all;
  for (const int rival : rivals) {
    Value m = network_.margin(x, target_token_, rival);
    Margin margin{rival, m.at, {}, m.error};
    for (std::size_t k = index(q_.axes); k < reach.size(); ++k)
      margin.extra += m.slope[k].magnitude() * reach[k];
    m.slope.resize(index(q_.axes));
    margin.slope = std::move(m.slope);
    all.push_back(std::move(margin));
  }
  return all;
}

bool Prover::by_box(const Margin& m, const Box& box, int sign) const {
  Ball range = m.at.widened(m.extra);
  for (std::size_t k = 0; k < m.slope.size(); ++k)
    range += m.slope[k] * Ball(0.0).widened(static_cast<double>(box.half[k]) * q_.unit);
  return sign > 0 ? range.positive() : range.negative();
}

// Where it is below zero, sign * margin is positive, for every addition whose coordinates lie in the box.
std::optional<Terms<Int>> Prover::functional(const Region& region, const Box& box, const Margin& m,
                                             int sign) const {
  double steepest = 0.0;
  for (const Ball& s : m.slope) steepest = std::max(steepest, std::abs(s.approximate()));
  if (!(steepest > 0x1p-500) || !(steepest < 0x1p500)) return std::nullopt;
  const double step = std::ldexp(1.0, std::ilogb(steepest) + 1 - kDirectionBits);
  std::vector<std::int64_t> direction;
  Ball rest = (sign > 0 ? m.at : -m.at) - Ball(0.0).widened(m.extra);
  for (std::size_t k = 0; k < m.slope.size(); ++k) {
    direction.push_back(std::llround(sign * m.slope[k].approximate() / step));
    const Ball g(static_cast<double>(direction[k]) * step);
    const Bound blur = ((sign > 0 ? m.slope[k] : -m.slope[k]) - g).magnitude();
    rest = rest - Ball(0.0).widened(blur * Bound(static_cast<double>(box.half[k]) * q_.unit));
    Int from = -Int{box.centre[k]};
    for (std::size_t h = 0; h < region.inverse.size(); ++h) {
      from += region.head[h].centre[k];
      rest = rest - Ball(0.0).widened(g.magnitude() * region.relative[h] *
                                      Bound(static_cast<double>(region.head[h].half[k]) * q_.unit));
    }
    rest += g * Ball(static_cast<double>(from)) * Ball(q_.unit);
    direction[k] = -direction[k];
  }
  // rest + g u > 0  iff  sum_j E (-g z - rest) < 0  or, with several heads,  joint < rest.
  if (q_.heads == 1) {
    const Int offset = floor_int(rest.lower() / (step * q_.unit));
    return terms<Int>(q_, 0, [&](const Reading& r) {
      Int sum = -offset;
      for (std::size_t k = 0; k < direction.size(); ++k) sum += Int{direction[k]} * r.z[k];
      return term(shift_up(sum, kDropped), r);
    });
  }
  Terms<Int> f = joint(region, direction);
  f.constant -= floor_int(rest.lower() / (std::ldexp(step, kDirectionBits - kJointBits) * q_.unit));
  return f;
}

// Rivals proven on a box need not be proven on its halves.
bool Prover::covers(const Cube& cube, const Region& region, const Box& box, std::vector<int> rivals,
                    int& budget) {
  if (budget <= 0 || left_ <= 0) return false;
  --budget, --left_, ++boxes_;
  const int sign = verdict_ == Verdict::correct ? 1 : -1;
  std::vector<Margin> open;
  for (Margin& m : margins(box, rivals))
    if (!by_box(m, box, sign))
      open.push_back(std::move(m));
    else if (sign < 0)
      return true;
  std::erase_if(open, [&](const Margin& m) {
    const auto f = functional(region, box, m, sign);
    return f && *largest(cube, *f) < 0;
  });
  if (sign > 0 ? open.empty() : open.size() < rivals.size()) return true;
  std::size_t widest = 0;
  double most = 0.0;
  for (std::size_t k = 0; k < index(q_.axes); ++k) {
    double blur = 0.0;
    for (const Margin& m : open) {
      const double radius = mag_get_d(arb_radref(m.slope[k].x)), half = static_cast<double>(box.half[k]);
      const bool known = std::isfinite(radius);
      blur =
          std::max(blur, known ? radius * half / (std::abs(m.at.approximate()) + 1e-300) : kUnknown * half);
    }
    if (blur > most) most = blur, widest = k;
  }
  if (box.half[widest] < 4) return false;
  rivals.clear();
  for (const Margin& m : open) rivals.push_back(m.rival);
  const std::int64_t quarter = (box.half[widest] + 1) / 2;
  for (const int side : {-1, 1}) {
    Box half = box;
    half.centre[widest] += side * (box.half[widest] - quarter);
    half.half[widest] = quarter;
    if (!covers(cube, region, half, rivals, budget)) return false;
  }
  return true;
}

int Prover::widest_token(const Cube& cube, const Region& region) const {
  int widest = -1;
  double most = -1.0;
  for (const Cell& cell : q_.cells) {
    if (cell.token < 0 || std::popcount(cube.at(cell.token)) < 2) continue;
    double spread = 0.0;
    for (int h = 0; h < q_.heads; ++h)
      for (std::size_t k = 0; k < index(q_.axes); ++k) {
        double low = HUGE_VAL, high = -HUGE_VAL;
        for (std::size_t s = 0; s < 10; ++s) {
          if (!(cube.at(cell.token) >> s & 1)) continue;
          const Reading& r = cell.by_head[index(h)][s];
          const double v =
              static_cast<double>(r.high) * static_cast<double>(r.z[k] - region.head[index(h)].centre[k]);
          low = std::min(low, v), high = std::max(high, v);
        }
        spread += high - low;
      }
    if (spread > most) most = spread, widest = cell.token;
  }
  return widest;
}

std::vector<int> Prover::rivals() const {
  std::vector<int> all;
  for (int token = 0; token < network_.decoder().vocabulary; ++token)
    if (token != target_token_) all.push_back(token);
  return all;
}

bool Prover::holds(const Cube& cube, int depth) {
  const Region where = region(cube);
  int budget = kBoxesPerCube;
  if (covers(cube, where, where.total, rivals(), budget)) return true;
  const int token = depth > 0 ? widest_token(cube, where) : -1;
  if (token < 0) return false;
  for (int digit = 0; digit < 10; ++digit)
    if (const Cube part = restricted(cube, token, digit); count(part) > 0 && !holds(part, depth - 1))
      return false;
  return true;
}

// Calls each(part) for every part of the cube in which the target digit is known.
template <class Each>
void Prover::by_target(const Cube& cube, Each&& each) {
  const int target = s_token(cube.digits, q_.target_place);
  for (int digit = 0; digit < 10; ++digit) {
    const Cube part = restricted(cube, target, digit);
    if (count(part) == 0) continue;
    target_token_ = network_.decoder().layout.digit_tokens[index(digit)];
    each(part);
  }
}

bool Prover::proves(const Cube& cube, Verdict verdict) {
  verdict_ = verdict;
  left_ = kBoxesPerVerdict;
  bool all = true;
  by_target(cube, [&](const Cube& part) { all = all && holds(part, kDepth); });
  // Perhaps the cube attends to keys that are light beside others, and weighs them in too few bits.
  const Cube within = occurring(cube);
  if (all || within.allowed == q_.domain.allowed) return all;
  const Question near = ask(network_, q_.step, q_.symbol, within);
  Prover closer(network_, near);
  all = closer.proves(within, verdict) || closer.proves_apart(within, verdict);
  boxes_ += closer.boxes_;
  return all;
}

// The parts of a cube of few pairs, each with its own weights.
bool Prover::proves_apart(const Cube& cube, Verdict verdict) {
  const int token = count(cube) > kFewPairs ? -1 : widest_token(cube, region(cube));
  if (token < 0) return false;
  for (int digit = 0; digit < 10; ++digit)
    if (const Cube part = restricted(cube, token, digit); count(part) > 0 && !proves(part, verdict))
      return false;
  return true;
}

// Wrong: at least as many as for the worst rival. Correct: all but what each rival leaves.
Prover::Split Prover::split(const Cube& cube, int bins) {
  Split sum;
  by_target(cube, [&](const Cube& part) {
    const Region where = region(part);
    const Count pairs = count(part);
    Count not_correct = 0, wrong = 0;
    ++boxes_;
    for (const Margin& m : margins(where.total, rivals())) {
      if (by_box(m, where.total, 1)) continue;
      const auto beaten = functional(where, where.total, m, 1), ahead = functional(where, where.total, m, -1);
      not_correct += pairs - (beaten ? count_negative(part, *beaten, bins) : 0);
      wrong = std::max(wrong, ahead ? count_negative(part, *ahead, bins) : 0);
    }
    sum.correct += pairs - std::min(pairs, not_correct);
    sum.wrong += wrong;
  });
  return sum;
}

}  // namespace carryscope::verify::check
