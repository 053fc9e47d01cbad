#include "verify/sure_failures.h"

#include <cmath>
#include <optional>
#include <queue>
#include <random>

#include "verify/hyperplane.h"

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

constexpr int kSamples = 64, kBoxes = 3000, kBins = 768;
// In standard deviations from the mean: where outputs are cut off in any case, and where they may be.
constexpr double kFarthest = 5.0, kFar = 3.0;

// How the outputs of a cube's pairs are spread, from a few samples; a guess.
struct Spread {
  int axes = 0;
  std::array<double, kMaxAxes> mean{}, deviation{};

  // Of the box from the mean along the axis; 0 where it holds the mean.
  double distance(const Box& box, std::size_t axis) const {
    const double gap = std::abs(box.centre[axis] - mean[axis]) - box.half[axis];
    return gap > 0 ? gap / std::max(deviation[axis], 1e-300) : 0.0;
  }
  // As of a normal distribution, up to a factor.
  double mass(const Box& box) const {
    double exponent = 0.0, volume = 1.0;
    for (std::size_t k = 0; k < index(axes); ++k) {
      exponent += 0.5 * distance(box, k) * distance(box, k);
      volume *= box.half[k] / std::max(deviation[k], 1e-300);
    }
    return volume * std::exp(-exponent);
  }
};

Spread sampled(const Question& question, const Cube& cube, Count pairs) {
  std::mt19937_64 random(1);
  Spread spread{question.axes, {}, {}};
  std::array<double, kMaxAxes> squares{};
  for (int i = 0; i < kSamples; ++i) {
    const Count rank = ((static_cast<Count>(random()) << 64) | random()) % pairs;
    const auto u = output_near(question, nth_pair(cube, rank));
    for (std::size_t k = 0; k < u.size(); ++k) {
      spread.mean[k] += u[k] / kSamples;
      squares[k] += u[k] * u[k] / kSamples;
    }
  }
  for (std::size_t k = 0; k < index(question.axes); ++k)
    spread.deviation[k] = std::sqrt(std::max(0.0, squares[k] - spread.mean[k] * spread.mean[k]));
  return spread;
}

// What the rivals say of a box: one is ahead in all of it; else the axis to cut, along which the rival
// that is nearest to it moves most. -1: nothing moves.
struct Look {
  bool wrong = false;
  bool hopeful = false;  // a rival is ahead in the middle
  int axis = -1;
};

Look look(TailBounds& tail, const Question& question, const Box& box, int target_token) {
  Look seen;
  double least = kInfinity;
  for (const RivalMargin& r : tail.rivals(question, box, target_token)) {
    double most = r.at_centre.upper() + r.remainder + r.roundoff, widest = -1.0;
    int axis = -1;
    for (std::size_t k = 0; k < index(question.axes); ++k) {
      most += std::abs(r.slope[k]) * box.half[k];
      if (const double reach = (std::abs(r.slope[k]) + r.blur[k]) * box.half[k]; reach > widest) {
        widest = reach;
        axis = static_cast<int>(k);
      }
    }
    seen.wrong |= most < 0;
    seen.hopeful |= r.at_centre.upper() < 0;
    if (most < least) {
      least = most;
      seen.axis = axis;
    }
  }
  return seen;
}

// Cuts the box into at most kBoxes parts, those with most pairs first: the parts that are not wrong.
std::vector<Box> doubtful_parts(TailBounds& tail, const Question& question, const Box& box, int target_token,
                                const Spread& spread) {
  struct Part {
    double mass;
    Box box;
    bool operator<(const Part& other) const { return mass < other.mass; }
  };
  std::priority_queue<Part> open;
  open.push({spread.mass(box), box});
  std::vector<Box> left;
  for (int i = 0; i < kBoxes && !open.empty(); ++i) {
    const Box top = open.top().box;
    open.pop();
    const Look seen = look(tail, question, top, target_token);
    if (seen.wrong) continue;
    if (seen.axis < 0) {
      left.push_back(top);
      continue;
    }
    const auto [low, high] = halve(top, index(seen.axis));
    open.push({spread.mass(low), low});
    open.push({spread.mass(high), high});
  }
  for (; !open.empty(); open.pop()) left.push_back(open.top().box);
  return left;
}

// Ends of a box, each rounded to the outside.
struct Ends {
  std::array<double, kMaxAxes> low{}, high{};
};

Ends ends(const Box& box, int axes) {
  Ends e;
  for (std::size_t k = 0; k < index(axes); ++k) {
    e.low[k] = -(box.half[k] - box.centre[k]);
    e.high[k] = box.centre[k] + box.half[k];
  }
  return e;
}

Box box_between(const Ends& e, int axes) {
  Box box;
  for (std::size_t k = 0; k < index(axes); ++k) {
    box.centre[k] = 0.5 * (e.low[k] + e.high[k]);
    box.half[k] = std::max(e.high[k] - box.centre[k], box.centre[k] - e.low[k]);
  }
  return box;
}

Ends middle_part(const Ends& range, const Spread& spread) {
  Ends part = range;
  for (std::size_t k = 0; k < index(spread.axes); ++k) {
    const double reach = kFarthest * spread.deviation[k];
    part.low[k] = std::min(std::max(range.low[k], spread.mean[k] - reach), range.high[k]);
    part.high[k] = std::max(std::min(range.high[k], spread.mean[k] + reach), part.low[k]);
  }
  return part;
}

// A doubtful part far from the mean is cut off from the middle part; the others go into one hull.
std::optional<Ends> hull_of(const std::vector<Box>& doubtful, const Spread& spread, Ends& part) {
  std::optional<Ends> hull;
  for (const Box& box : doubtful) {
    const Ends e = ends(box, spread.axes);
    std::size_t farthest = 0;
    for (std::size_t k = 1; k < index(spread.axes); ++k)
      if (spread.distance(box, k) > spread.distance(box, farthest)) farthest = k;
    if (spread.axes > 0 && spread.distance(box, farthest) >= kFar) {
      if (box.centre[farthest] > spread.mean[farthest])
        part.high[farthest] = std::min(part.high[farthest], e.low[farthest]);
      else
        part.low[farthest] = std::max(part.low[farthest], e.high[farthest]);
      continue;
    }
    if (!hull) hull = e;
    for (std::size_t k = 0; k < index(spread.axes); ++k) {
      hull->low[k] = std::min(hull->low[k], e.low[k]);
      hull->high[k] = std::max(hull->high[k], e.high[k]);
    }
  }
  return hull;
}

bool wrong_within(TailBounds& tail, const Question& question, const Box& box, int target_token, int& budget) {
  const Look seen = look(tail, question, box, target_token);
  if (seen.wrong) return true;
  if (!seen.hopeful || seen.axis < 0 || --budget <= 0) return false;
  const auto [low, high] = halve(box, index(seen.axis));
  return wrong_within(tail, question, low, target_token, budget) &&
         wrong_within(tail, question, high, target_token, budget);
}

}  // namespace

bool wrong_throughout(TailBounds& tail, const Question& question, const Box& box, int target_token,
                      int budget) {
  return wrong_within(tail, question, box, target_token, budget);
}

Count count_wrong(TailBounds& tail, const Question& question, const Cube& cube, const Output& output,
                  int target_token) {
  const Count pairs = count(cube);
  const Denominators inverse = denominators(question, cube);
  // At least so many pairs have u_axis < high; have u_axis > low.
  const auto beyond = [&](std::size_t axis, double sign, double end) {
    Additive f;
    coordinate_upper(question, output, inverse, axis, sign, sign * end, f);
    return count_negative(f, cube, kBins);
  };
  const auto below = [&](std::size_t axis, double high) { return beyond(axis, 1.0, high); };
  const auto above = [&](std::size_t axis, double low) { return beyond(axis, -1.0, low); };

  const Spread spread = sampled(question, cube, pairs);
  const Ends range = ends(output.total, question.axes);
  Ends part = middle_part(range, spread);
  const auto left = doubtful_parts(tail, question, box_between(part, question.axes), target_token, spread);
  const auto hull = hull_of(left, spread, part);
  Count doubtful = 0;  // at most so many pairs are outside of the part, or in the hull
  for (std::size_t k = 0; k < index(question.axes); ++k) {
    if (part.high[k] < range.high[k]) doubtful += pairs - below(k, part.high[k]);
    if (part.low[k] > range.low[k]) doubtful += pairs - above(k, part.low[k]);
  }
  if (hull) {
    Count inside = pairs;
    for (std::size_t k = 0; k < index(question.axes); ++k)
      inside = std::min(inside, pairs - std::min(pairs, below(k, hull->low[k]) + above(k, hull->high[k])));
    doubtful += inside;
  }
  return doubtful < pairs ? pairs - doubtful : 0;
}

}  // namespace carryscope::verify
