// The record `decisions`: on which stretch of the carry axis each digit is answered, and where the pairs lie.
//
// A class of a step is S = a + b + carry at its place, for one digit of the query's own token: S and S + 1
// with the same a + b differ by the carry. The carry axis is the principal axis of the attention output on
// which the classes are farthest apart against their widths. Of each class: `low` .. `high`, what its pairs
// attain there (one head: exact, with the pairs; several: the sum of each head's extremes, a bound), and the
// stretch around it on which the tail is proven to answer the class's digit, whatever the other axes are
// within the class's range. Where that range itself is not proven, because a pair is wrong or the box of
// ranges too wide, there is no stretch. Nothing is said here of how many pairs are wrong: certify counts
// them.
#include "analysis/analyses.h"
#include "analysis/extreme.h"
#include "verify/output_range.h"
#include "verify/search_all.h"
#include "verify/workers.h"

namespace carryscope::analysis {
namespace {

using verify::Additive, verify::Box, verify::Cube, verify::Question;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Outwards, where doubles are rounded upward.
double lower(const Box& box, std::size_t axis) { return -(box.half[axis] - box.centre[axis]); }
double upper(const Box& box, std::size_t axis) { return box.centre[axis] + box.half[axis]; }
Box between(Box box, std::size_t axis, double x, double y) {
  box.centre[axis] = 0.5 * (x + y);
  box.half[axis] = std::max(std::abs(y - box.centre[axis]), std::abs(box.centre[axis] - x));
  return box;
}

struct SumClass {
  int sum = 0;  // a + b + carry: s + 10 * the carry out
  Cube cube;
  Box box;  // where its outputs lie
};

std::vector<SumClass> classes_of(const Question& question, const verify::OutputRange& range) {
  const auto place = index(question.target_place);
  const bool top = question.target_place == question.digits;  // its digit is the carry
  std::vector<SumClass> classes;
  for (int sum = 0; sum < (top ? 2 : 20); ++sum) {
    Cube cube = question.domain();
    cube.s[place] = static_cast<verify::Digits>(cube.s[place] & verify::only(sum % 10));
    if (!top) cube.c[place + 1] = static_cast<std::uint8_t>(cube.c[place + 1] & (1 << sum / 10));
    if (verify::count(cube) == 0) continue;
    verify::Output output;
    range.over(cube, output);
    classes.push_back({sum, cube, output.total});
  }
  return classes;
}

// The axis with the largest variance of the classes' centres over their mean squared width.
std::size_t carry_axis(const std::vector<SumClass>& classes, int axes) {
  std::size_t best = 0;
  double most = -1.0;
  for (std::size_t k = 0; k < index(axes); ++k) {
    const auto n = static_cast<double>(classes.size());
    double sum = 0.0, square = 0.0, width = 1e-300;
    for (const SumClass& c : classes) {
      sum += c.box.centre[k] / n;
      square += c.box.centre[k] * c.box.centre[k] / n;
      width += c.box.half[k] * c.box.half[k] / n;
    }
    if (const double apart = (square - sum * sum) / width; apart > most) most = apart, best = k;
  }
  return best;
}

// The class's extreme coordinates, with their pairs.
std::pair<Extreme, Extreme> attained(const Question& question, std::size_t axis, const Cube& cube) {
  std::array<double, verify::kMaxAxes> unit{}, none{};
  unit[axis] = 1.0;
  Additive numerator, denominator;
  numerator.clear(question.digits);
  denominator.clear(question.digits);
  verify::weighted_upper(question, 0, unit.data(), 0.0, 1.0, numerator);
  verify::weighted_upper(question, 0, none.data(), 1.0, 1.0, denominator);
  return {extreme_ratio(numerator, denominator, cube, -1.0),
          extreme_ratio(numerator, denominator, cube, 1.0)};
}

class Stretch {
 public:
  Stretch(const Question& question, verify::TailBounds& tail, std::size_t axis, int token)
      : question_(question), tail_(tail), axis_(axis), token_(token) {}

  // By at most so many pieces of the box.
  bool answered(const Box& box, int budget = kPieces) {
    return tail_.sweep(question_, box, token_, budget) == verify::Verdict::correct;
  }

  // How far from the edge of an answered box towards the limit its digit is answered still: proven by one
  // piece after another, to within `fine`.
  double farthest(const Box& box, double edge, double limit, double fine) {
    for (double piece = (limit - edge) / 4; std::abs(piece) > fine;) {
      const double next = piece < 0 ? std::max(edge + piece, limit) : std::min(edge + piece, limit);
      if (next == edge) break;
      if (answered(between(box, axis_, edge, next), verify::kSweepBudget))
        edge = next;
      else
        piece /= 2;
    }
    return edge;
  }

 private:
  static constexpr int kPieces = 1024;

  const Question& question_;
  verify::TailBounds& tail_;
  std::size_t axis_;
  int token_;
};

// What a step's classes come to.
struct Summary {
  std::size_t classes = 0, proven = 0, overlaps = 0;
  double slack = verify::kInfinity;  // the least way from a pair of a proven class to where its stretch ends
  Json query_digit, sum;             // where that is
};

class Decisions {
 public:
  explicit Decisions(const Subject& subject)
      : decoder_(subject.decoder()), network_(subject.network()), tails_(decoder_, verify::Semantics::real) {}

  Json json() {
    for (int step = 0; step < decoder_.layout.answer_digits(); ++step) {
      Summary all;
      for (const Question& question : verify::questions_of_step(*network_.table, step)) add(question, all);
      steps_.add({step, decoder_.layout.answer[index(step)].place, all.classes, all.proven, all.overlaps,
                  all.proven > 0 ? Json(all.slack) : Json(nullptr), all.query_digit, all.sum});
    }
    return {{"semantics", "real"}, {"steps", steps_.json()}, {"intervals", intervals_.json()}};
  }

 private:
  void add(const Question& question, Summary& all) {
    const verify::OutputRange range(question);
    const std::vector<SumClass> classes = classes_of(question, range);
    if (classes.empty()) return;
    const std::size_t axis = carry_axis(classes, question.axes);
    verify::Output everything;
    range.over(question.domain(), everything);
    const double width = 2 * everything.total.half[axis];
    const double room = width / static_cast<double>(classes.size());
    const Box limits = between(everything.total, axis, lower(everything.total, axis) - room,
                               upper(everything.total, axis) + room);
    std::optional<std::pair<double, double>> last;
    for (const SumClass& c : classes) {
      const auto span = add(question, axis, c, limits, kFine * room, all);
      all.overlaps += last && span.first <= last->second && last->first <= span.second;
      last = span;
    }
  }

  // Returns what the class attains.
  std::pair<double, double> add(const Question& question, std::size_t axis, const SumClass& c,
                                const Box& limits, double fine, Summary& all) {
    const int digit = c.sum % 10;
    const Json query = question.asker.role == model::Role::fixed ? Json(nullptr) : Json(question.symbol);
    Stretch stretch(question, tails_.of(question), axis, decoder_.layout.digit_tokens[index(digit)]);
    double low = lower(c.box, axis), high = upper(c.box, axis);
    Json::array_t row{question.step,
                      question.target_place,
                      query,
                      axis,
                      c.sum,
                      digit,
                      verify::to_string(verify::count(c.cube))};
    const bool proven = stretch.answered(c.box);
    const double from = proven ? stretch.farthest(c.box, low, lower(limits, axis), fine) : 0.0;
    const double to = proven ? stretch.farthest(c.box, high, upper(limits, axis), fine) : 0.0;
    if (question.heads == 1) {
      const auto [least, most] = attained(question, axis, c.cube);
      low = least.value, high = most.value;
      row.insert(row.end(), {low, high, least.pair.a, least.pair.b, most.pair.a, most.pair.b});
    } else {
      row.insert(row.end(), {low, high, nullptr, nullptr, nullptr, nullptr});
    }
    row.insert(row.end(), {proven ? Json(from) : Json(nullptr), proven ? Json(to) : Json(nullptr)});
    intervals_.add(std::move(row));
    ++all.classes;
    all.proven += proven;
    if (const double slack = std::max(0.0, std::min(low - from, to - high)); proven && slack < all.slack)
      all.slack = slack, all.query_digit = query, all.sum = c.sum;
    return {low, high};
  }

  static constexpr double kFine = 0.003;  // of the mean distance of two classes

  const model::Decoder& decoder_;
  const Network& network_;
  verify::Tails tails_;
  Table steps_{{{"step", ""},
                {"place", ""},
                {"classes", ""},
                {"proven", "classes"},
                {"overlaps", "neighbouring classes"},
                {"slack", "residual"},
                {"query_digit", ""},
                {"sum", ""}}};
  Table intervals_{{{"step", ""},
                    {"place", ""},
                    {"query_digit", ""},
                    {"axis", ""},
                    {"sum", "a + b + carry"},
                    {"digit", ""},
                    {"pairs", "pairs"},
                    {"low", "residual"},
                    {"high", "residual"},
                    {"low_a", ""},
                    {"low_b", ""},
                    {"high_a", ""},
                    {"high_b", ""},
                    {"answered_low", "residual, proven"},
                    {"answered_high", "residual, proven"}}};
};

}  // namespace

Json decisions(const Subject& subject) {
  subject.table();  // refuses what has no table
  Json record;
  verify::in_parallel(1, [&](int) { record = Decisions(subject).json(); });
  return record;
}

}  // namespace carryscope::analysis
