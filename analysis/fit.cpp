#include "analysis/fit.h"

#include <algorithm>

#include "verify/elementary.h"

namespace carryscope::analysis {
namespace {

using verify::Attended, verify::Reading;

constexpr int kIterations = 20;
constexpr std::size_t kPairs = 60;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Constants are heads x (1 + d): the weight's logarithm, the contribution.
class KeyFit {
 public:
  KeyFit(const Attended& read, const std::vector<int>& positions, const model::Decoder& decoder,
         const std::vector<model::Pair>& pairs)
      : read_(read), decoder_(decoder), tail_(decoder), width_(index(decoder.width())) {
    for (const int p : positions) cut_.push_back(index(p));
    for (const auto& x : read.residual) residual_.push_back(x.mid());
    const model::Weights& bias = decoder.layers[0].attention->output_bias;
    for (std::size_t i = 0; i < bias.value.size(); ++i) residual_[i] += bias.value[i];
    const model::Slot& own = decoder.layout.slot(decoder.layout.query_position(read.step));
    for (const model::Pair pair : pairs)
      if (samples_.size() < kPairs && read.within.contains(pair) &&
          (own.role == model::Role::fixed || verify::digit_of({own.role, own.place}, pair) == read.symbol))
        samples_.push_back(sums(pair));
  }

  bool possible() const {
    return !samples_.empty() &&
           std::ranges::all_of(start(), [](double x) { return x == x && std::abs(x) < 700.0; });
  }

  // What the cut keys are together now.
  Vector start() const {
    Vector constants;
    for (const auto& cells : read_.readings) {
      double weight = 0.0;
      Vector value(width_);
      for (const std::size_t c : cut_) add(cells[c][0], weight, value);
      constants.push_back(std::log(weight));
      for (const double x : value) constants.push_back(x / weight);
    }
    return constants;
  }

  double loss(const Vector& constants) {
    double total = 0.0;
    for (const Sums& s : samples_) {
      Vector x = residual_, logits(index(decoder_.vocabulary));
      for (std::size_t h = 0; h < read_.readings.size(); ++h) {
        const double* const constant = constants.data() + h * (1 + width_);
        const double weight = std::exp(constant[0]), all = s.weight[h] + weight;
        for (std::size_t i = 0; i < width_; ++i) x[i] += (s.value[h][i] + weight * constant[1 + i]) / all;
      }
      tail_.logits(x, logits);
      total += cross_entropy(logits, s.truth);
    }
    return total / static_cast<double>(samples_.size());
  }

 private:
  // What a pair reads of all other keys.
  struct Sums {
    Vector weight;              // heads
    std::vector<Vector> value;  // heads x d: weighted
    int truth = 0;
  };

  static void add(const Reading& r, double& weight, Vector& value) {
    weight += r.weight.mid();
    for (std::size_t i = 0; i < r.contribution.size(); ++i)
      value[i] += r.weight.mid() * r.contribution[i].mid();
  }

  Sums sums(model::Pair pair) const {
    Sums s;
    for (const auto& cells : read_.readings) {
      s.weight.push_back(0.0);
      s.value.emplace_back(width_);
      for (std::size_t c = 0; c < cells.size(); ++c)
        if (std::ranges::find(cut_, c) == cut_.end())
          add(cells[c][read_.cells[c].fixed ? 0 : index(verify::digit_of(read_.cells[c].token, pair))],
              s.weight.back(), s.value.back());
    }
    const int place = decoder_.layout.answer[index(read_.step)].place;
    s.truth = decoder_.layout.digit_tokens[index(verify::digit_of({model::Role::sum, place}, pair))];
    return s;
  }

  const Attended& read_;
  const model::Decoder& decoder_;
  model::Tail<double> tail_;
  std::size_t width_;
  std::vector<std::size_t> cut_;
  Vector residual_;
  std::vector<Sums> samples_;
};

}  // namespace

double cross_entropy(std::span<const double> logits, int token) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0.0;
  for (const double x : logits) sum += std::exp(x - largest);
  return std::log(sum) + largest - logits[index(token)];
}

void fit_keys(Attended& read, const std::vector<int>& positions, const model::Decoder& decoder,
              const std::vector<model::Pair>& pairs) {
  if (positions.empty()) return;
  KeyFit fit(read, positions, decoder, pairs);
  if (!fit.possible()) return;
  const Vector found = minimise([&](const Vector& at) { return fit.loss(at); }, fit.start(), kIterations);
  const std::size_t width = index(decoder.width());
  for (std::size_t h = 0; h < read.readings.size(); ++h) {
    const double* const constant = found.data() + h * (1 + width);
    for (const int p : positions)
      for (Reading& r : read.readings[h][index(p)]) {
        r.weight = p == positions.front() ? std::exp(constant[0]) : 0.0;
        r.contribution.assign(constant + 1, constant + 1 + width);
      }
  }
}

}  // namespace carryscope::analysis
