#include "verify/check/prover.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "model/error.h"
#include "verify/check/rounded_up.h"

namespace carryscope::verify::check {

namespace {

constexpr int kBoxesPerCube = 32;
constexpr Count kFewPairs = 100;
constexpr int kRounds = 20;
constexpr std::int64_t kNearZero = 1 << 30;  // quanta; the largest term has 2^50

std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

Prover::Prover(const Network& network, const Question& question) : network_(network), q_(question) {
  start_.resize(index(2 * (q_.heads + 1) * q_.axes));
  model::ensure(q_.cells.size() * index(q_.heads) < 500, "a sum of terms fits 64 bits");
}

// each(head, reading): an upper bound of the term in the value, and its weight. Values become whole quanta,
// rounded up.
template <class Each>
Terms Prover::terms(std::size_t first, std::size_t last, Each&& each) const {
  struct Part {
    int token, digit;
    double value, weight;
  };
  std::vector<Part> parts;
  double most = 0x1p-900;
  for (const Cell& cell : q_.cells)
    for (std::size_t h = first; h < last; ++h)
      for (std::size_t s = 0; s < cell.by_head[h].size(); ++s) {
        const auto [value, weight] = each(h, cell.by_head[h][s]);
        parts.push_back({cell.token, static_cast<int>(s), value, weight});
        most = std::max(most, std::isfinite(value) ? std::abs(value) : HUGE_VAL);
      }
  Terms f(q_.domain.digits);
  if (!std::isfinite(most)) {
    f.constant.value = kLargestSum / 2, f.quantum = HUGE_VAL;  // nothing is known
    return f;
  }
  f.quantum = std::ldexp(1.0, std::ilogb(most) - 49);
  for (const Part& p : parts) {
    Term& sum = p.token < 0 ? f.constant : f.at(p.token, p.digit);
    sum = sum + Term{static_cast<std::int64_t>(std::ceil(up(p.value) / f.quantum)), p.weight};
  }
  return f;
}

// Where it is below zero, direction u < x; u is of one head, or of the sum of all.
Terms Prover::below(const Region& region, std::size_t head, const std::vector<double>& direction,
                    double x) const {
  const std::size_t heads = index(q_.heads);
  const bool joint = head == heads;
  const std::size_t first = joint ? 0 : head, last = joint ? heads : head + 1;
  std::vector<double> share(heads, x);  // of x, by head
  double slack = 0.0, total = 0.0;
  for (std::size_t h = first; joint && h < last; ++h) total += share[h] = dot(direction, region[h].centre);
  for (std::size_t h = first; joint && h < last; ++h) {
    const Head& part = region[h];
    const double move = (x - total) / static_cast<double>(heads);
    share[h] += move;
    slack += up(part.slip * (magnitude(direction, part.half) + std::abs(move)));
    slack += kSlack * (magnitude(direction, part.centre) + std::abs(share[h]) + std::abs(x));
  }
  Terms f = terms(first, last, [&](std::size_t h, const Reading& r) {
    const double bracket = dot(direction, r.z) - share[h];
    const double high = bracket + kSlack * (magnitude(direction, r.z) + std::abs(share[h]));
    const double scale = joint ? region[h].inverse : 1.0;
    return std::pair{up(up(high) * (high > 0 ? r.high : r.low) * scale),
                     r.high * scale / static_cast<double>(last - first)};
  });
  f.constant.value += static_cast<std::int64_t>(std::ceil(std::min(0x1p59, up(slack) / f.quantum)));
  return f;
}

// The mean of a head's readings is at most the largest of those that the cube allows.
double Prover::largest_reading(const Cube& cube, std::size_t head,
                               const std::vector<double>& direction) const {
  double most = -HUGE_VAL;
  for (const Cell& cell : q_.cells)
    for (std::size_t s = 0; s < cell.by_head[head].size(); ++s)
      if (const Reading& r = cell.by_head[head][s];
          r.high > 0 && (cell.token < 0 || cube.allows(cell.token, static_cast<int>(s))))
        most = std::max(most, dot(direction, r.z) + kSlack * magnitude(direction, r.z));
  return most;
}

// An upper bound of direction u over the cube.
double Prover::supremum(const Cube& cube, const Region& region, std::size_t head,
                        const std::vector<double>& direction, double& start) const {
  const bool joint = head == index(q_.heads);
  double bound = 0.0;
  for (std::size_t h = joint ? 0 : head; h < (joint ? head : head + 1); ++h)
    bound = up(bound + largest_reading(cube, h, direction));
  if (!std::isfinite(start)) start = 0.0;
  for (int round = 0; round < kRounds; ++round) {
    const Terms f = below(region, head, direction, start);
    const Term best = largest(cube, f);
    const double value = static_cast<double>(best.value) * f.quantum;
    bound = std::min(bound, up(start) + up(std::max(value, 0.0) / region[head].least));
    if (std::abs(best.value) < kNearZero) break;
    start += value / best.weight;
  }
  return bound;
}

void Prover::bound_axes(const Cube& cube, Region& region, std::size_t head) {
  Head box = region[head];
  for (std::size_t k = 0; k < index(q_.axes); ++k) {
    double end[2];
    for (const int side : {0, 1}) {
      std::vector<double> direction(index(q_.axes));
      direction[k] = side == 0 ? 1.0 : -1.0;
      end[side] =
          supremum(cube, region, head, direction, start_[2 * (head * index(q_.axes) + k) + index(side)]);
    }
    box.centre.push_back(0.5 * (end[0] - end[1]));
    box.half.push_back(
        up(up(std::max(end[0] - box.centre[k], end[1] + box.centre[k])) + kSlack * std::abs(box.centre[k])));
  }
  region[head] = box;
}

Prover::Region Prover::region(const Cube& cube) {
  const std::size_t heads = index(q_.heads);
  Region region(heads > 1 ? heads + 1 : 1);
  for (std::size_t h = 0; h < heads; ++h) {
    const auto sum = [&](double sign) {  // an upper bound of D or -D
      const Terms f = terms(h, h + 1, [&](std::size_t, const Reading& r) {
        return std::pair{sign > 0 ? r.high : -r.low, 0.0};
      });
      return up(static_cast<double>(largest(cube, f).value) * f.quantum);
    };
    const double low = std::max(-sum(-1), 0.0), high = sum(1);
    region[h].least = low;
    region[h].inverse = 2.0 / (low + high);
    region[h].slip = up(std::max(high * region[h].inverse - 1, 1 - low * region[h].inverse) + kSlack);
    bound_axes(cube, region, h);
  }
  if (heads > 1) bound_axes(cube, region, heads);
  return region;
}

// Every rival's margin over the box.
Values Prover::margins(const Head& box) const {
  const std::size_t d = q_.base.size();
  Values x(d);
  for (std::size_t i = 0; i < d; ++i) {
    x[i].centre = q_.base[i];
    for (std::size_t k = 0; k < box.half.size(); ++k) {
      x[i].centre += Ball(box.centre[k]) * Ball(q_.axis[k * d + i]);
      x[i].slope.push_back(Ball(box.half[k]) * Ball(q_.axis[k * d + i]));
    }
    // What rounding adds is kept apart, and cancels where the margin does not depend on it.
    x[i].slope.resize(box.half.size() + (network_.rounding().float32() ? d : 0));
    if (network_.rounding().float32())
      x[i].slope[box.half.size() + i] = q_.remainder[i];
    else
      x[i].centre = x[i].centre.widened(q_.remainder[i]);
  }
  return network_.margins(network_.tail(std::move(x)), target_token_);
}

// Where it is below zero, sign * margin is positive, for every addition whose coordinates lie in the box.
Terms Prover::against(const Region& region, const Value& m, int sign) const {
  const Head& box = region.back();
  std::vector<double> direction;
  Ball rest = Ball(sign) * m.centre;
  for (std::size_t k = 0; k < m.slope.size(); ++k) {
    Ball unsaid = m.slope[k];
    if (k < box.half.size()) {
      direction.push_back(box.half[k] > 0 ? -sign * m.slope[k].approximate() / box.half[k] : 0.0);
      const Ball along(direction[k]);
      unsaid += Ball(sign * box.half[k]) * along;
      rest += along * Ball(box.centre[k]);
    }
    rest = rest.widened(unsaid);
  }
  return below(region, region.size() - 1, direction, rest.lower());
}

// A box that does not tell is halved, where the open margins are steepest.
bool Prover::covers(const Cube& cube, const Region& region, int sign, int& budget) {
  if (--budget < 0) return false;
  ++boxes_;
  Values open = margins(region.back());
  const std::size_t all = open.size();
  std::erase_if(open, [&](const Value& m) {
    return (Ball(sign) * m.range()).positive() || largest(cube, against(region, m, sign)).value < 0;
  });
  if (sign > 0 ? open.empty() : open.size() < all) return true;
  const Head& box = region.back();
  const auto steepness = [&](std::size_t k) {
    double most = 0.0;
    for (const Value& m : open) most = std::max(most, std::abs(m.slope[k].approximate()));
    return most;
  };
  std::size_t widest = 0;
  for (std::size_t k = 1; k < box.half.size(); ++k)
    if (steepness(k) > steepness(widest)) widest = k;
  for (const int side : {-1, 1}) {
    Region part = region;
    part.back().centre[widest] += side * 0.5 * box.half[widest];
    part.back().half[widest] = up(0.5 * box.half[widest]) + kSlack * std::abs(box.centre[widest]);
    if (!covers(cube, part, sign, budget)) return false;
  }
  return true;
}

int Prover::widest_token(const Cube& cube, const Region& region) const {
  int widest = -1;
  double most = -1.0;
  for (const Cell& cell : q_.cells) {
    if (cell.token < 0 || std::popcount(cube.at(cell.token)) < 2) continue;
    double spread = 0.0;
    for (std::size_t h = 0; h < cell.by_head.size(); ++h)
      for (std::size_t k = 0; k < index(q_.axes); ++k) {
        double low = HUGE_VAL, high = -HUGE_VAL;
        for (int s = 0; s < 10; ++s) {
          if (!cube.allows(cell.token, s)) continue;
          const Reading& r = cell.by_head[h][index(s)];
          const double v = r.high * (r.z[k] - region[h].centre[k]);
          low = std::min(low, v), high = std::max(high, v);
        }
        spread += high - low;
      }
    if (spread > most) most = spread, widest = cell.token;
  }
  return widest;
}

// Calls each(part) for every part of the cube in which the target digit is known.
template <class Each>
void Prover::by_target(const Cube& cube, Each&& each) {
  for (int digit = 0; digit < 10; ++digit) {
    const int target = s_token(cube.digits, q_.target_place);
    const Cube part = restricted(cube, target, digit);
    if (!cube.allows(target, digit) || count(part) == 0) continue;
    target_token_ = network_.decoder().layout.digit_tokens[index(digit)];
    each(part);
  }
}

// All additions at once; else by a question of the cube's own, which may tell light keys apart that weigh
// nothing beside others; else part by part.
bool Prover::proves(const Cube& cube, Verdict verdict, int depth) {
  bool all = true;
  by_target(cube, [&](const Cube& part) {
    int budget = kBoxesPerCube;
    all = all && covers(part, region(part), verdict == Verdict::correct ? 1 : -1, budget);
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
    for (const Value& m : margins(where.back())) {
      if (m.range().positive()) continue;
      not_correct += pairs - count_negative(part, against(where, m, 1), bins);
      wrong = std::max(wrong, count_negative(part, against(where, m, -1), bins));
    }
    sum.correct += pairs - std::min(pairs, not_correct);
    sum.wrong += wrong;
  });
  return sum;
}

}  // namespace carryscope::verify::check
