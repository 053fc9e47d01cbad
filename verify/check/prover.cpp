#include "verify/check/prover.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "model/error.h"
#include "verify/check/functional.h"

namespace carryscope::verify::check {

namespace {

constexpr int kBoxesPerCube = 64;
constexpr double kLargestOffset = 0x1p78;
constexpr Count kFewPairs = 100;
constexpr double kUnknown = 1e200;  // stands for the blur of a slope of which nothing is known

// At most x, or a whole number near it where it is huge.
Int floor_int(double x) {
  return static_cast<Int>(std::floor(std::clamp(x, -kLargestOffset, kLargestOffset)));
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
  if (budget <= 0) return false;
  --budget, ++boxes_;
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

// All additions at once; else by a question of the cube's own, which may tell light keys apart that weigh
// nothing beside others; else part by part.
bool Prover::proves(const Cube& cube, Verdict verdict, int depth) {
  verdict_ = verdict;
  bool all = true;
  by_target(cube, [&](const Cube& part) {
    if (!all) return;
    const Region where = region(part);
    int budget = kBoxesPerCube;
    all = covers(part, where, where.total, rivals(), budget);
  });
  if (all) return true;
  if (const Cube within = occurring(cube); within.allowed != q_.domain.allowed) {
    const Question near = ask(network_, q_.step, q_.symbol, within);
    Prover closer(network_, near);
    all = closer.proves(within, verdict, depth);
    boxes_ += closer.boxes_;
    return all;
  }
  const int token = depth > 0 || count(cube) <= kFewPairs ? widest_token(cube, region(cube)) : -1;
  for (int digit = 0; digit < 10 && token >= 0; ++digit)
    if (const Cube part = restricted(cube, token, digit);
        count(part) > 0 && !proves(part, verdict, depth - 1))
      return false;
  return token >= 0;
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
