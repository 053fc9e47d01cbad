#include "verify/tail_bounds.h"

#include "model/error.h"
#include "model/tail.h"
#include "verify/jet.h"
#include "verify/roundoff.h"

namespace carryscope::verify {

using model::Decoder;
using model::InputError;
using model::Tail;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Underflow of scaled logits, seen without the final norm's scale, which is at least 2^-46.
constexpr double kUnderflow = 0x1p-78, kLargestResidual = 0x1p40;

template <int M>
class TailBoundsOf final : public TailBounds {
 public:
  TailBoundsOf(const Decoder& decoder, Semantics semantics, double above)
      : semantics_(semantics),
        vocabulary_(decoder.vocabulary),
        width_(decoder.width()),
        unscaled_(decoder.head_bias.empty() && above == 0.0),
        jets_(decoder),
        roundoff_(decoder),
        jet_(index(width_)),
        rounded_(index(width_)),
        roundoff_of_(index(vocabulary_), 0.0) {
    for (int target = 0; target < vocabulary_; ++target)
      for (int rival = 0; rival < vocabulary_; ++rival) {
        for (int i = 0; i < width_; ++i)
          difference_.push_back(head_weight(target, i) - head_weight(rival, i));
        const auto& bias = jets_.head().bias;
        const Interval own = bias.empty() ? Interval(0.0) : bias[index(target)] - bias[index(rival)];
        bias_difference_.push_back(own - Interval(above));
      }
  }

  Verdict sweep(const Question& question, const Box& box, int target, int budget) override {
    evaluate(question, box, target);
    return bisect(question, box, target, budget, /*own=*/true);
  }

  const std::vector<RivalMargin>& rivals(const Question& question, const Box& box, int target) override {
    evaluate(question, box, target);
    rivals_.clear();
    for (int rival = 0; rival < vocabulary_; ++rival) {
      if (rival == target) continue;
      const Margin m = margin(target, rival, question);
      RivalMargin r;
      r.excluded = m.range.lower() > roundoff_of_[index(rival)];
      r.rival = rival;
      r.at_centre = m.at_centre;
      r.roundoff = roundoff_of_[index(rival)];
      for (std::size_t k = 0; k < index(question.axes); ++k) {
        const Interval slope = m.slope[k] / extent(question, box, k);
        r.slope[k] = slope.mid();
        r.blur[k] = slope.radius();
        r.remainder += r.blur[k] * box.half[k] + slope.magnitude() * question.slack[k];
      }
      rivals_.push_back(r);
    }
    return rivals_;
  }

  Interval margins(const Question& question, const Box& box, int target) override {
    evaluate(question, box);
    Interval smallest(kInfinity, kInfinity);
    for (int rival = 0; rival < vocabulary_; ++rival)
      if (rival != target) smallest = min(smallest, margin(target, rival, question).range);
    return smallest;
  }

  double least_margin(const Question& question, const Box& box, int target, int budget,
                      double enough) override {
    evaluate(question, box);
    double least = kInfinity, worst = -1.0;
    int blurred = -1;
    bool curved = false;
    for (int rival = 0; rival < vocabulary_; ++rival) {
      if (rival == target) continue;
      const Margin m = margin(target, rival, question);
      least = std::min(least, m.range.lower());
      if (m.range.lower() >= enough) continue;
      weigh_blur(m, question, box, worst, blurred);
      curved |= !nearly_linear(m);
    }
    if (least >= enough || !curved || budget <= 1) return least;
    const auto [low, high] = halve(box, index(blurred));
    const double first = least_margin(question, low, target, budget / 2, enough);
    return std::max(least, std::min(first, least_margin(question, high, target, budget / 2, enough)));
  }

 private:
  // Slopes are per half width of the box, as those of a Jet.
  struct Margin {
    Interval at_centre, range;
    std::array<Interval, M> slope;
  };
  // Half width of the box of outputs, never zero, so that slopes can be counted in it.
  static double extent(const Question& q, const Box& box, std::size_t k) {
    return std::max(box.half[k] + q.slack[k], 0x1p-200);
  }

  Interval head_weight(int token, int i) const { return jets_.head().weight[index(token * width_ + i)]; }

  // The residual of the outputs in the box.
  void residual(const Question& q, const Box& box) {
    for (int i = 0; i < width_; ++i) {
      Jet<M>& jet = jet_[index(i)];
      jet = Jet<M>(q.base[index(i)] + Interval(-q.remainder[index(i)], q.remainder[index(i)]));
      for (int k = 0; k < q.axes; ++k) {
        const double axis = q.axis[index(k * width_ + i)];
        jet.at += Interval(axis) * box.centre[index(k)];
        jet.slope[index(k)] = Interval(axis) * extent(q, box, index(k));
      }
      jet.value = jet.linear();
    }
  }

  // It, pushed through the tail, over the reals.
  void evaluate(const Question& q, const Box& box) {
    residual(q, box);
    jets_.head_input(jet_);
  }

  // The same without the final norm's scale, if it can be done without.
  void evaluate_unscaled(const Question& q, const Box& box) {
    residual(q, box);
    jets_.head_input(jet_, unscaled_);
  }

  // The same, and what float32 may add to the margins of the target.
  void evaluate(const Question& q, const Box& box, int target) {
    if (semantics_ == Semantics::real) return evaluate_unscaled(q, box);
    residual(q, box);
    for (std::size_t i = 0; i < jet_.size(); ++i) rounded_[i] = jet_[i];
    roundoff_.head_input(rounded_, unscaled_);
    for (std::size_t i = 0; i < jet_.size(); ++i) jet_[i] = rounded_[i].real;
    measure_roundoff(target);
  }

  Margin margin(int target, int rival, const Question& q) const {
    const std::size_t pair = index(target * vocabulary_ + rival);
    Margin m;
    m.at_centre = bias_difference_[pair];
    for (std::size_t i = 0; i < index(width_); ++i) {
      const Interval w = difference_[pair * index(width_) + i];
      m.at_centre += jet_[i].at * w;
      for (std::size_t k = 0; k < index(q.axes); ++k) m.slope[k] += jet_[i].slope[k] * w;
    }
    double reach = 0.0;
    for (const Interval& s : m.slope) reach += s.magnitude();
    m.range = m.at_centre + Interval(-reach, reach);
    return m;
  }

  // Of the box evaluated last. `own`: the roundoff is this box's; else that of a box around it, which bounds
  // it as well and is measured again only where it decides.
  Verdict bisect(const Question& q, const Box& box, int target, int budget, bool own) {
    bool all_correct = true, wrong = false, cut = false, close = false;
    double worst = -1.0;
    int blurred = -1;
    for (int rival = 0; rival < vocabulary_; ++rival) {
      if (rival == target) continue;
      const Margin m = margin(target, rival, q);
      const double band = roundoff_of_[index(rival)];
      if (m.range.lower() > band) continue;
      all_correct = false;
      if (m.range.upper() < -band) wrong = true;
      close |= !m.range.contains_zero();
      if (!wrong && budget > 1) {
        weigh_blur(m, q, box, worst, blurred);
        cut |= looks_cut(m);
      }
    }
    if (all_correct) return Verdict::correct;
    if (wrong) return Verdict::wrong;
    if (close && !own) return with_own_roundoff(q, box, target, budget);
    if (budget <= 1 || blurred < 0 || cut) return Verdict::undecided;
    return halves(q, box, target, budget, index(blurred));
  }

  // Whether curvature hides little of what the margin's linear part does over the box.
  static bool nearly_linear(const Margin& m) { return remainder(m) < 0.5 * reach(m); }
  // Nearly linear, and it changes sign: no half could decide it.
  static bool looks_cut(const Margin& m) {
    return nearly_linear(m) && std::abs(m.at_centre.mid()) < reach(m);
  }
  static double reach(const Margin& m) {
    double sum = 0.0;
    for (const Interval& s : m.slope) sum += std::abs(s.mid());
    return sum;
  }
  static double remainder(const Margin& m) {
    double sum = 0.0;
    for (const Interval& s : m.slope) sum += s.radius();
    return sum;
  }

  // The axis whose gradient's spread, times the box's width, is largest against the margin.
  static void weigh_blur(const Margin& m, const Question& q, const Box& box, double& worst, int& blurred) {
    const double size = std::max(m.at_centre.magnitude(), 1e-300);
    for (int k = 0; k < q.axes; ++k) {
      const double share = box.half[index(k)] / extent(q, box, index(k));  // not the slack's
      const double blur = m.slope[index(k)].radius() * share / size;
      if (blur > worst) {
        worst = blur;
        blurred = k;
      }
    }
  }

  Verdict halves(const Question& q, const Box& box, int target, int budget, std::size_t axis) {
    const auto [low, high] = halve(box, axis);
    evaluate_unscaled(q, low);
    const Verdict first = bisect(q, low, target, budget / 2, /*own=*/false);
    if (first == Verdict::undecided) return first;
    evaluate_unscaled(q, high);
    return bisect(q, high, target, budget / 2, /*own=*/false) == first ? first : Verdict::undecided;
  }

  Verdict with_own_roundoff(const Question& q, const Box& box, int target, int budget) {
    const std::vector<double> around = roundoff_of_;
    evaluate(q, box, target);
    const Verdict verdict = bisect(q, box, target, budget, /*own=*/true);
    roundoff_of_ = around;
    return verdict;
  }

  void measure_roundoff(int target) {
    bool overflow = false;
    for (const Roundoff<M>& e : rounded_) overflow |= !(e.computed().magnitude() < kLargestResidual);
    if (overflow) {
      std::fill(roundoff_of_.begin(), roundoff_of_.end(), kInfinity);
      return;
    }
    const double own = logit_roundoff(target);
    for (int rival = 0; rival < vocabulary_; ++rival) {
      double propagated = 0.0;
      for (int i = 0; i < width_; ++i)
        propagated += rounded_[index(i)].error *
                      difference_[index((target * vocabulary_ + rival) * width_ + i)].magnitude();
      const double sum = propagated + own + logit_roundoff(rival) + kUnderflow;
      roundoff_of_[index(rival)] = sum >= 0.0 ? sum : kInfinity;
    }
  }

  // Of the head's own sum, for one token.
  double logit_roundoff(int token) const {
    const auto& head = roundoff_.head();
    double size = 0.0;
    for (int i = 0; i < width_; ++i)
      size += model::Number<Roundoff<M>>::magnitude(rounded_[index(i)]) *
              head.magnitude[index(token * width_ + i)];
    if (!head.bias.empty()) size += head.bias[index(token)].magnitude();
    return roundoff::widening(float32_absorb(0.0, size, head.rows + head.rank + 3), 0.0);
  }

  Semantics semantics_;
  int vocabulary_, width_;
  bool unscaled_;
  Tail<Jet<M>> jets_;
  Tail<Roundoff<M>> roundoff_;
  std::vector<Jet<M>> jet_;
  std::vector<Roundoff<M>> rounded_;
  std::vector<double> roundoff_of_;        // V: of the margin against each rival, over the last box
  std::vector<Interval> difference_;       // V x V x d: head weights of target minus rival
  std::vector<Interval> bias_difference_;  // V x V
  std::vector<RivalMargin> rivals_;
};

template <int M>
std::unique_ptr<TailBounds> make_for(const Decoder& decoder, Semantics semantics, int axes, double above) {
  if constexpr (M > kMaxAxes) {
    throw InputError("'" + decoder.name + "': the attention output has rank " + std::to_string(axes) +
                     "; this engine bounds at most " + std::to_string(kMaxAxes) + " dimensions");
  } else {
    if (axes <= M) return std::make_unique<TailBoundsOf<M>>(decoder, semantics, above);
    return make_for<(M < 8 ? M + 1 : 2 * M)>(decoder, semantics, axes, above);
  }
}

}  // namespace

std::unique_ptr<TailBounds> TailBounds::make(const Decoder& decoder, Semantics semantics, int axes,
                                             double above) {
  return make_for<1>(decoder, semantics, axes, above);
}

}  // namespace carryscope::verify
