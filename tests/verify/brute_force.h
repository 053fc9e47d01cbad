// Brute force: what every pair of a decoder's domain does at every answer digit, by the reference
// forward pass, in doubles with high precision where doubles are too close to call, and in several
// float32 programs. Shares nothing with verify/.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "model/addition.h"
#include "model/forward.h"
#include "tests/verify/ball_number.h"
#include "tests/verify/float_orders.h"

namespace carryscope::test {

// The true digit against the best other logit: ahead, behind, or a tie (also: not a number).
enum class Outcome : signed char { behind = -1, tie = 0, ahead = 1 };

// All pairs of n digits; the index of (a, b) is a 10^n + b.
inline std::uint64_t domain_size(int digits) { return model::power_of_ten(2 * digits); }
inline model::Pair pair_of(std::uint64_t i, int digits) {
  const std::uint64_t side = model::power_of_ten(digits);
  return {i / side, i % side};
}
inline std::uint64_t index_of(model::Pair pair, int digits) {
  return pair.a * model::power_of_ten(digits) + pair.b;
}

inline double plain(float x) { return static_cast<double>(x); }
inline double plain(double x) { return x; }
template <Order o>
double plain(OrderedFloat<o> x) {
  return static_cast<double>(x.v);
}

// One number type's evaluation of a decoder on a true sequence.
template <class T>
class Evaluation {
 public:
  explicit Evaluation(const model::Decoder& decoder) : decoder_(decoder), forward_(decoder) {}

  void run(model::Pair pair) {
    tokens_ = model::tokenise(decoder_.layout, pair);
    const auto read = static_cast<std::size_t>(decoder_.layout.input_length());
    logits_ = forward_.logits(std::span<const int>(tokens_).first(read));
  }
  const T& logit(int step, int token) const {
    const int position = decoder_.layout.query_position(step);
    return logits_[static_cast<std::size_t>(position * decoder_.vocabulary + token)];
  }
  int target(int step) const {
    return tokens_[static_cast<std::size_t>(decoder_.layout.query_position(step) + 1)];
  }

  // True logit minus the best other one, as doubles; NaN where a logit is.
  double margin(int step) const {
    const double own = plain(logit(step, target(step)));
    double least = std::numeric_limits<double>::infinity();
    for (int token = 0; token < decoder_.vocabulary; ++token) {
      const double gap = own - plain(logit(step, token));
      if (std::isnan(gap)) return gap;
      if (token != target(step)) least = std::min(least, gap);
    }
    return least;
  }
  double largest(int step) const {
    double size = 0.0;
    for (int token = 0; token < decoder_.vocabulary; ++token)
      size = std::max(size, std::abs(plain(logit(step, token))));
    return size;
  }

 private:
  const model::Decoder& decoder_;
  model::Forward<T> forward_;
  std::vector<int> tokens_;
  std::vector<T> logits_;
};

inline Outcome sign_of(double margin) {
  return margin > 0 ? Outcome::ahead : margin < 0 ? Outcome::behind : Outcome::tie;
}

// Proven with balls; a tie where some rival's ball cannot be told from the true digit's.
inline Outcome proven(const Evaluation<Ball>& balls, const model::Decoder& decoder, int step) {
  const Ball& own = balls.logit(step, balls.target(step));
  Outcome outcome = Outcome::ahead;
  for (int token = 0; token < decoder.vocabulary; ++token) {
    if (token == balls.target(step)) continue;
    if (certainly_lt(own, balls.logit(step, token))) return Outcome::behind;
    if (!certainly_lt(balls.logit(step, token), own)) outcome = Outcome::tie;
  }
  return outcome;
}

struct Truth {
  int digits = 0;
  std::uint64_t by_balls = 0;                 // pairs that needed high precision
  std::vector<std::vector<Outcome>> outcome;  // [step][pair]
};

// Over the reals.
inline Truth truth(const model::Decoder& decoder) {
  constexpr double kClear = 1e-9;  // of the largest logit: far above what doubles may be off by
  Truth t;
  t.digits = decoder.layout.digits;
  t.outcome.assign(static_cast<std::size_t>(decoder.layout.answer_digits()),
                   std::vector<Outcome>(domain_size(t.digits)));
  Evaluation<double> doubles(decoder);
  Evaluation<Ball> balls(decoder);
  for (std::uint64_t i = 0; i < domain_size(t.digits); ++i) {
    doubles.run(pair_of(i, t.digits));
    bool ran = false;
    for (int step = 0; step < decoder.layout.answer_digits(); ++step) {
      const double margin = doubles.margin(step);
      Outcome& outcome = t.outcome[static_cast<std::size_t>(step)][i];
      outcome = sign_of(margin);
      if (std::abs(margin) > kClear * (1e-3 + doubles.largest(step))) continue;
      if (!ran) balls.run(pair_of(i, t.digits));
      ran = true;
      ++t.by_balls;
      outcome = proven(balls, decoder, step);
    }
  }
  return t;
}

// Calls visit(step, pair index, outcome) for one float32 program.
template <class T, class Visit>
void for_each_outcome(const model::Decoder& decoder, Visit&& visit) {
  Evaluation<T> floats(decoder);
  const int digits = decoder.layout.digits;
  for (std::uint64_t i = 0; i < domain_size(digits); ++i) {
    floats.run(pair_of(i, digits));
    for (int step = 0; step < decoder.layout.answer_digits(); ++step)
      visit(step, i, sign_of(floats.margin(step)));
  }
}

// The same for every float32 program at hand.
template <class Visit>
void for_each_float_outcome(const model::Decoder& decoder, Visit&& visit) {
  for_each_outcome<float>(decoder, visit);
  for_each_outcome<OrderedFloat<Order::reversed>>(decoder, visit);
  for_each_outcome<OrderedFloat<Order::fused>>(decoder, visit);
  for_each_outcome<OrderedFloat<Order::lanes>>(decoder, visit);
  for_each_outcome<OrderedFloat<Order::off>>(decoder, visit);
}

}  // namespace carryscope::test
