#include "verify/smt_lemma.h"

#include <utility>

#include "verify/rounding.h"

namespace carryscope::verify {

using model::Role;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
constexpr std::array<double, kMaxAxes> kNoDirection{};
constexpr double kLargestSum = 0x1p29;  // of a threshold's weights: Z3's pseudo-Boolean sums have 32 bits
constexpr double kThinnest = 0x1p-20;   // half of the first box at least: a point has no inside
constexpr double kFirstSpread = 0.25;   // of the denominators, on either side, in the first box

bool reached(const Threshold& t, model::Pair pair) {
  std::int64_t sum = 0;
  for (const auto& [token, weight] : t.terms) sum += weight[index(digit_of(token, pair))];
  return sum >= t.bound;
}

// Whether the largest weights that the cube allows add up to the bound.
bool reachable(const Threshold& t, const Cube& cube) {
  std::int64_t sum = 0;
  for (const auto& [token, weight] : t.terms) {
    int most = 0;
    for (int d = 0; d < 10; ++d)
      if (cube.allowed(token.role, token.place) >> d & 1) most = std::max(most, weight[index(d)]);
    sum += most;
  }
  return sum >= t.bound;
}

}  // namespace

LemmaMaker::LemmaMaker(const Question& question, const model::Decoder& decoder)
    : question_(question),
      decoder_(decoder),
      tail_(TailBounds::make(decoder, Semantics::real, question.axes)) {
  ensure_upward();
  enter(question.domain());
  for (int h = 0; h < question.heads; ++h)
    for (std::size_t k = 0; k < index(question.axes); ++k) {
      double low = kInfinity, high = -kInfinity;
      for (std::size_t i = question.at(h, 0); i < question.at(h + 1, 0); ++i) {
        if (question.weight_high[i] <= 0) continue;
        low = std::min(low, question.coordinate[k][i]);
        high = std::max(high, question.coordinate[k][i]);
      }
      reach_[index(h)][k] = std::max(kThinnest, 0.5 * (high - low));
    }
}

void LemmaMaker::enter(const Cube& cube) {
  cube_ = cube;
  unfolded_.assign(index(token_count(question_.digits)), false);
}

LemmaMaker::Point LemmaMaker::locate(model::Pair pair) const {
  Point point;
  for (int h = 0; h < question_.heads; ++h) {
    auto& output = point.output[index(h)];
    double& denominator = point.denominator[index(h)];
    for (int c = 0; c < static_cast<int>(question_.cells.size()); ++c) {
      const Question::Cell& cell = question_.cells[index(c)];
      const std::size_t at = question_.at(h, c) + (cell.fixed ? 0 : index(digit_of(cell.token, pair)));
      denominator += question_.weight_high[at];
      for (std::size_t k = 0; k < index(question_.axes); ++k)
        output[k] += question_.weight_high[at] * question_.coordinate[k][at];
    }
    for (std::size_t k = 0; k < index(question_.axes); ++k) output[k] /= denominator;
  }
  return point;
}

Additive& LemmaMaker::way_out() {
  Additive& f = ways_out_.emplace_back();
  f.clear(question_.digits);
  return f;
}

// To lie beyond a face of the box is a way out: D (u_k - high) >= 0 or D (low - u_k) >= 0.
void LemmaMaker::draw_box(const Point& centre, const Extent& extent) {
  output_.total = Box{};
  denominators_.inverse.fill(1.0);
  for (int h = 0; h < question_.heads; ++h) {
    Box& box = output_.head[index(h)];
    for (std::size_t k = 0; k < index(question_.axes); ++k) {
      const double middle = box.centre[k] = centre.output[index(h)][k];
      const double half = box.half[k] = extent.half[index(h)][k];
      std::array<double, kMaxAxes> direction{};
      for (const double sign : {1.0, -1.0}) {
        direction[k] = sign;
        weighted_upper(question_, h, direction.data(), -(half + sign * middle), 1.0, way_out());
      }
      const double sum = output_.total.centre[k] + middle;
      const double slip = sum - output_.total.centre[k] - middle;  // of the rounded sum
      output_.total.half[k] += half + slip;
      output_.total.centre[k] = sum;
    }
    if (question_.heads > 1) bound_denominator(h, centre.denominator[index(h)], extent.spread[index(h)]);
  }
}

// So is a denominator outside the range that the rivals' bounds assume.
void LemmaMaker::bound_denominator(int head, double centre, double spread) {
  const double low = centre / (1.0 + spread), high = centre * (1.0 + spread);
  const auto beyond = [&](double sign, double constant) {
    Additive& f = way_out();
    f.constant = constant;
    weighted_upper(question_, head, kNoDirection.data(), sign, 1.0, f);
  };
  beyond(1.0, -high);
  beyond(-1.0, low);
  const double inverse = denominators_.inverse[index(head)] = 2.0 / (low + high);
  denominators_.relative[index(head)] = (1.0 - Interval(low, high) * inverse).magnitude();
}

// And so is a rival that the box alone does not exclude.
void LemmaMaker::bound_rivals(int digit) {
  const int target = decoder_.layout.digit_tokens[index(digit)];
  for (const RivalMargin& rival : tail_->rivals(question_, output_.total, target))
    if (!rival.excluded) margin_upper(question_, output_, denominators_, rival, -1.0, 0.0, way_out());
}

// Whether the pair can take no way out, by how much the rivals are beaten in `lead`.
bool LemmaMaker::bars(model::Pair pair, const Point& centre, const Extent& extent, double& lead) {
  ways_out_.clear();
  draw_box(centre, extent);
  const std::size_t faces = ways_out_.size();
  bound_rivals(digit_of({Role::sum, question_.target_place}, pair));
  lead = kInfinity;
  for (std::size_t i = 0; i < ways_out_.size(); ++i) {
    const double excess = ways_out_[i].at(pair);
    if (!(excess < 0)) return false;
    if (i >= faces) lead = std::min(lead, -excess);
  }
  return true;
}

// Stretches the box axis by axis while the rivals stay beaten by half of what they are: an axis that does not
// matter should be no way out.
void LemmaMaker::widen(model::Pair pair, const Point& centre, Extent& extent, double lead) {
  const double enough = 0.5 * lead;
  const auto stretch = [&](double& size, double most) {
    const auto fits = [&](double wanted) {
      const double before = std::exchange(size, wanted);
      if (bars(pair, centre, extent, lead) && lead >= enough) return true;
      size = before;
      return false;
    };
    if (size < most && fits(most)) return;
    while (size < most && fits(2 * size)) continue;
  };
  for (int h = 0; h < question_.heads; ++h) {
    for (std::size_t k = 0; k < index(question_.axes); ++k)
      stretch(extent.half[index(h)][k], 2 * reach_[index(h)][k]);
    if (question_.heads > 1) stretch(extent.spread[index(h)], kFirstSpread);
  }
  bars(pair, centre, extent, lead);
}

std::optional<Lemma> LemmaMaker::exclude(model::Pair pair) {
  const Point centre = locate(pair);
  double scale = 1.0, lead = 0.0;
  for (int i = 0; i < kHalvings; ++i, scale *= 0.5) {
    Extent extent;
    for (std::size_t h = 0; h < index(question_.heads); ++h) {
      for (std::size_t k = 0; k < index(question_.axes); ++k) extent.half[h][k] = scale * reach_[h][k];
      extent.spread[h] = scale * kFirstSpread;
    }
    if (!bars(pair, centre, extent, lead)) continue;
    widen(pair, centre, extent, lead);
    if (auto made = lemma(pair)) return made;
  }
  return std::nullopt;
}

// A token that one way out unfolds stays so for those after it: thresholds stated before remain true.
std::optional<Lemma> LemmaMaker::lemma(model::Pair pair) {
  Lemma made{digit_of({Role::sum, question_.target_place}, pair), {}};
  for (const Additive& f : ways_out_) {
    std::optional<Threshold> t = threshold(f);
    while (t && reached(*t, pair)) {
      if (!unfold(f, pair)) return std::nullopt;
      t = threshold(f);
    }
    if (t) made.escapes.push_back(std::move(*t));
  }
  return made;
}

// Starts from the pair's own digits of the tokens that the lemma weighs, and lets in what it can.
Cube LemmaMaker::excluded(const Lemma& lemma, model::Pair pair) const {
  Cube part = cube_;
  for (const Threshold& t : lemma.escapes)
    for (const auto& [token, weight] : t.terms)
      part.allowed(token.role, token.place) = only(digit_of(token, pair));
  for (const Threshold& t : lemma.escapes)
    for (const auto& [token, weight] : t.terms)
      for (int d = 0; d < 10; ++d) {
        const Digits before = part.allowed(token.role, token.place);
        if (!(cube_.allowed(token.role, token.place) >> d & 1)) continue;
        part.allowed(token.role, token.place) = static_cast<Digits>(before | only(d));
        if (std::ranges::any_of(lemma.escapes, [&](const Threshold& e) { return reachable(e, part); }))
          part.allowed(token.role, token.place) = before;
      }
  return part;
}

double LemmaMaker::largest(const Additive& f, int token) const {
  const auto [role, place] = token_at(token, question_.digits);
  double most = -kInfinity;
  for (int d = 0; d < 10; ++d)
    if (cube_.allowed(role, place) >> d & 1) most = std::max(most, f.entry[index(token)][index(d)]);
  return most;
}

// What f >= 0 implies in integers; nothing where no pair of the cube can reach it.
// With least_j the smallest entry of token j:  sum_j (f_j - least_j) >= -(constant + sum_j least_j).
std::optional<Threshold> LemmaMaker::threshold(const Additive& f) const {
  Threshold t;
  double base = f.constant, most = 0.0;  // most: of the sum on the left
  std::vector<std::array<double, 10>> gains;
  for (int j = 0; j < token_count(question_.digits); ++j) {
    const Token token = token_at(j, question_.digits);
    const double high = largest(f, j);
    double least = high;
    if (unfolded_[index(j)])
      for (int d = 0; d < 10; ++d)
        if (cube_.allowed(token.role, token.place) >> d & 1)
          least = std::min(least, f.entry[index(j)][index(d)]);
    base += least;
    if (!(high > least)) continue;
    most += high - least;
    t.terms.push_back({token, {}});
    auto& gain = gains.emplace_back();
    for (std::size_t d = 0; d < 10; ++d)
      gain[d] = cube_.allowed(token.role, token.place) >> d & 1 ? f.entry[index(j)][d] - least : 0.0;
  }
  if (!(base < 0) || !(most < kInfinity)) return Threshold{};
  if (most < -base) return std::nullopt;
  const double scale = kLargestSum / most;
  if (!(scale < kInfinity)) return Threshold{};
  t.bound = static_cast<int>(-std::ceil(base * scale));
  for (std::size_t j = 0; j < t.terms.size(); ++j)
    for (std::size_t d = 0; d < 10; ++d)
      t.terms[j].weight[d] = std::min(t.bound, static_cast<int>(std::ceil(gains[j][d] * scale)));
  return t;
}

// Of the token whose folding costs f most at the pair; false where it costs nothing.
bool LemmaMaker::unfold(const Additive& f, model::Pair pair) {
  int best = -1;
  double cost = 0.0;
  for (int j = 0; j < token_count(question_.digits); ++j) {
    if (unfolded_[index(j)]) continue;
    const int digit = digit_of(token_at(j, question_.digits), pair);
    const double gap = largest(f, j) - f.entry[index(j)][index(digit)];
    if (!(gap > cost)) continue;
    cost = gap;
    best = j;
  }
  if (best < 0) return false;
  unfolded_[index(best)] = true;
  return true;
}

}  // namespace carryscope::verify
