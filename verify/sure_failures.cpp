#include "verify/sure_failures.h"

#include <Eigen/Cholesky>
#include <cmath>
#include <queue>
#include <random>

#include "verify/hyperplane.h"
#include "verify/random_pair.h"

namespace carryscope::verify {

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

constexpr int kSamples = 128, kBoxes = 300, kMostBoxes = 1500, kBins = 768, kMostPlanes = 8;
constexpr double kNegligible = 1e-6;  // mass of a part that need not be cut
constexpr double kFarthest = 5.0;  // standard deviations from the mean where outputs are cut off in any case

// The outputs u with normal u >= offset.
struct HalfSpace {
  std::array<double, kMaxAxes> normal{};
  double offset = 0.0;

  // No more than normal u is anywhere in the box.
  double least(const Box& box, int axes) const {
    double minus = 0.0;  // rounded up
    for (std::size_t k = 0; k < index(axes); ++k)
      minus += -normal[k] * box.centre[k] + std::abs(normal[k]) * box.half[k];
    return -minus;
  }
};

// How the outputs of a cube's pairs are spread, from a few samples; a guess.
struct Spread {
  Eigen::VectorXd mean, deviation;  // by axis
  Eigen::MatrixXd covariance_matrix;
  Eigen::LDLT<Eigen::MatrixXd> covariance;

  // The box's point that is nearest to the mean, axis by axis.
  Eigen::VectorXd nearest(const Box& box) const {
    Eigen::VectorXd point = mean;
    for (Eigen::Index k = 0; k < mean.size(); ++k) {
      const auto axis = static_cast<std::size_t>(k);
      const double low = box.centre[axis] - box.half[axis], high = box.centre[axis] + box.half[axis];
      point[k] = std::min(std::max(low, mean[k]), high);
    }
    return point;
  }
  // Of the box's nearest point, squared and in deviations.
  double distance(const Box& box) const {
    const Eigen::VectorXd gap = nearest(box) - mean;
    return gap.dot(covariance.solve(gap));
  }
  // Of the half-space from the mean, in deviations; negative where it holds the mean.
  double distance(const HalfSpace& plane) const {
    const auto normal = Eigen::Map<const Eigen::VectorXd>(plane.normal.data(), mean.size());
    const double square = normal.dot(covariance_matrix * normal);
    return square > 0.0 ? (plane.offset - normal.dot(mean)) / std::sqrt(square) : -1.0;
  }
  // At most, of independent normal distributions.
  double mass(const Box& box) const {
    double exponent = 0.0, volume = 1.0;
    for (Eigen::Index k = 0; k < mean.size(); ++k) {
      const auto axis = static_cast<std::size_t>(k);
      const double gap = std::max(0.0, std::abs(box.centre[axis] - mean[k]) - box.half[axis]) / deviation[k];
      exponent += 0.5 * gap * gap;
      volume *= std::min(1.0, 0.8 * box.half[axis] / deviation[k]);  // 2 / sqrt(2 pi)
    }
    return volume * std::exp(-exponent);
  }
};

Spread sampled(const Question& question, const Cube& cube) {
  std::mt19937_64 random(1);
  Eigen::MatrixXd u(question.axes, kSamples);
  for (int i = 0; i < kSamples; ++i) {
    const auto near = output_near(question, random_pair(cube, random)).u;
    u.col(i) = Eigen::Map<const Eigen::VectorXd>(near.data(), question.axes);
  }
  Spread spread;
  spread.mean = u.rowwise().mean();
  u.colwise() -= spread.mean;
  Eigen::MatrixXd covariance = u * u.transpose() / kSamples;
  covariance.diagonal().array() += 1e-6 * covariance.trace() + 1e-300;
  spread.deviation = covariance.diagonal().cwiseSqrt();
  spread.covariance_matrix = covariance;
  spread.covariance.compute(covariance);
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

// Cuts the box into at most so many parts, those with most pairs first: the parts that are not wrong.
std::vector<Box> doubtful_parts(TailBounds& tail, const Question& question, const Box& box, int target_token,
                                const Spread& spread, int most) {
  struct Part {
    double mass;
    Box box;
    bool operator<(const Part& other) const { return mass < other.mass; }
  };
  std::priority_queue<Part> open;
  open.push({spread.mass(box), box});
  std::vector<Box> left;
  for (int i = 0; i < most && !open.empty() && open.top().mass > kNegligible; ++i) {
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

// Cuts the box off `kFarthest` from the mean, where it reaches so far: what is beyond.
std::vector<HalfSpace> cut_off(Box& box, const Spread& spread) {
  std::vector<HalfSpace> beyond;
  for (Eigen::Index axis = 0; axis < spread.mean.size(); ++axis) {
    const auto k = static_cast<std::size_t>(axis);
    const double reach = kFarthest * spread.deviation[axis];
    double low = -(box.half[k] - box.centre[k]), high = box.centre[k] + box.half[k];
    HalfSpace side;
    if (spread.mean[axis] + reach < high) {
      high = std::max(spread.mean[axis] + reach, low);
      side.normal[k] = 1.0, side.offset = high;
      beyond.push_back(side);
    }
    if (spread.mean[axis] - reach > low) {
      low = std::min(spread.mean[axis] - reach, high);
      side.normal[k] = -1.0, side.offset = -low;
      beyond.push_back(side);
    }
    box.centre[k] = 0.5 * (low + high);
    box.half[k] = std::max(high - box.centre[k], box.centre[k] - low);
  }
  return beyond;
}

// The half-space of normal x - mean, in the covariance's metric, that holds the boxes, x being the point of
// their convex hull that is nearest to the mean (Gilbert 1966): of all that hold them a normal distribution
// has least in this one. Its offset is that of the mean where the hull holds the mean.
HalfSpace around(const std::vector<Box>& boxes, const Spread& spread) {
  constexpr int kRounds = 40;
  const int axes = static_cast<int>(spread.mean.size());
  HalfSpace plane;
  const auto lowest = [&](const Box& b) { return plane.least(b, axes); };
  Eigen::VectorXd gap = spread.nearest(boxes[0]) - spread.mean;
  for (int round = 0; round < kRounds; ++round) {
    const Eigen::VectorXd normal = spread.covariance.solve(gap);
    std::copy(normal.begin(), normal.end(), plane.normal.begin());
    const Box& box = *std::ranges::min_element(boxes, {}, lowest);
    Eigen::VectorXd towards = -gap - spread.mean;
    for (Eigen::Index k = 0; k < axes; ++k) {
      const auto axis = static_cast<std::size_t>(k);
      towards[k] += box.centre[axis] + (normal[k] > 0 ? -box.half[axis] : box.half[axis]);
    }
    const double along = -normal.dot(towards), square = towards.dot(spread.covariance.solve(towards));
    plane.offset = lowest(box);
    if (!(along > 1e-3 * normal.dot(gap))) break;
    gap += std::min(1.0, along / square) * towards;
  }
  return plane;
}

// Half-spaces away from the mean that hold all of the boxes; false where so few do not. Each holds as wide a
// cone of boxes around the nearest one as it can without coming much nearer to the mean itself.
bool cover(std::vector<Box> boxes, const Spread& spread, std::vector<HalfSpace>& planes) {
  constexpr double kCones[] = {-1.0, 0.3, 0.6, 0.8, 0.95}, kMuchNearer = 0.9;  // cosines; of the distance
  const int axes = static_cast<int>(spread.mean.size());
  for (int i = 0; i < kMostPlanes && !boxes.empty(); ++i) {
    const Box& nearest =
        *std::ranges::min_element(boxes, {}, [&](const Box& b) { return spread.distance(b); });
    const Eigen::VectorXd gap = spread.nearest(nearest) - spread.mean, normal = spread.covariance.solve(gap);
    const double distance = std::sqrt(normal.dot(gap));
    if (!(distance > 0.0)) return false;
    HalfSpace plane;
    for (const double cone : kCones) {
      std::vector<Box> held{nearest};
      for (const Box& b : boxes)
        if (normal.dot(spread.nearest(b) - spread.mean) >= cone * distance * std::sqrt(spread.distance(b)))
          held.push_back(b);
      plane = around(held, spread);
      if (spread.distance(plane) >= kMuchNearer * distance) break;
    }
    if (!(spread.distance(plane) > 0.0)) return false;
    std::erase_if(boxes, [&](const Box& b) { return plane.least(b, axes) >= plane.offset; });
    planes.push_back(plane);
  }
  return boxes.empty();
}

// Across each axis, the two half-spaces that both hold all of the boxes.
std::vector<std::pair<HalfSpace, HalfSpace>> slabs(const std::vector<Box>& boxes, const Spread& spread) {
  std::vector<std::pair<HalfSpace, HalfSpace>> all;
  for (std::size_t k = 0; k < static_cast<std::size_t>(spread.mean.size()); ++k) {
    HalfSpace sides[2];
    for (const double sign : {1.0, -1.0}) {
      HalfSpace& side = sides[sign < 0];
      side.normal[k] = sign;
      side.offset = kInfinity;
      for (const Box& b : boxes)
        side.offset = std::min(side.offset, side.least(b, static_cast<int>(spread.mean.size())));
    }
    all.emplace_back(sides[0], sides[1]);
  }
  return all;
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
  const auto inside = [&](const HalfSpace& plane) {  // at most so many pairs
    Additive f;
    direction_upper(question, output, inverse, plane.normal, plane.offset, f);
    return pairs - count_negative(f, cube, kBins);
  };
  const Spread spread = sampled(question, cube);
  Box middle = output.total;
  Count beyond = 0, doubtful = pairs;  // at most
  for (const HalfSpace& plane : cut_off(middle, spread)) beyond += inside(plane);
  for (int most = kBoxes; most <= kMostBoxes && doubtful > pairs / 20; most *= kMostBoxes / kBoxes) {
    const std::vector<Box> parts = doubtful_parts(tail, question, middle, target_token, spread, most);
    if (std::vector<HalfSpace> planes; cover(parts, spread, planes)) {
      Count held = 0;
      for (const HalfSpace& plane : planes) held += inside(plane);
      doubtful = std::min(doubtful, held);
    } else if (most == kMostBoxes) {  // every pair is on one side of a slab or on both
      for (const auto& [low, high] : slabs(parts, spread))
        doubtful = std::min(doubtful, inside(low) + inside(high) - pairs);
    }
  }
  return beyond + doubtful < pairs ? pairs - beyond - doubtful : 0;
}

}  // namespace carryscope::verify
