// A random question of a random model with a random cube inside its domain whose target digit is known.
#pragma once

#include "tests/model/random_decoder.h"
#include "tests/verify/random_cube.h"
#include "tests/verify/upward.h"
#include "verify/output_range.h"
#include "verify/rivals.h"
#include "verify/tail_bounds.h"

namespace carryscope::test {

struct RandomQuestion {
  model::Decoder decoder;
  verify::Semantics semantics = verify::Semantics::real;
  verify::Question question;
  verify::Cube cube;
  int target_token = 0;
  verify::Output output;
};

template <class T>
verify::Question some_question(const model::Decoder& decoder, std::uint64_t which) {
  const model::AttentionTable<T> table(decoder);
  const auto steps = static_cast<std::uint64_t>(decoder.layout.answer_digits());
  auto questions = verify::questions_of_step(table, static_cast<int>(which % steps));
  return questions[which / steps % questions.size()];
}

// Any cube, cut down to one target digit and the asker's own; widened until it holds a pair.
inline verify::Cube some_cube(std::mt19937_64& random, const verify::Question& q) {
  for (;;) {
    verify::Cube cube = intersect(random_cube(random, q.digits), q.domain());
    verify::Digits& target = cube.allowed(model::Role::sum, q.target_place);
    target = static_cast<verify::Digits>(target & verify::only(static_cast<int>(random() % 10)));
    if (count(cube) > 0) return cube;
  }
}

// As the search does it. Rounding mode upward.
inline void bound_output(const verify::Question& question, const verify::Cube& cube, verify::Output& output) {
  verify::OutputRange(question).over(cube, output);
  tighten_jointly(question, cube, verify::denominators(question, cube), output);
}

inline RandomQuestion random_question(std::mt19937_64& random, verify::Semantics semantics,
                                      const model::testing::RandomModel& wanted) {
  RandomQuestion r;
  r.semantics = semantics;
  r.decoder = model::testing::random_decoder(random, wanted);
  const std::uint64_t which = random() % 1000;
  r.question = upward([&] {
    return semantics == verify::Semantics::real ? some_question<verify::Interval>(r.decoder, which)
                                                : some_question<verify::Float32>(r.decoder, which);
  });
  r.cube = some_cube(random, r.question);
  const auto digit =
      std::countr_zero(static_cast<unsigned>(r.cube.allowed(model::Role::sum, r.question.target_place)));
  r.target_token = r.decoder.layout.digit_tokens[static_cast<std::size_t>(digit)];
  upward([&] {
    bound_output(r.question, r.cube, r.output);
    return 0;
  });
  return r;
}

// Calls visit(pair) for up to `most` random pairs of the cube.
template <class Visit>
void for_some_pairs(std::mt19937_64& random, const verify::Cube& cube, int most, Visit&& visit) {
  for (int i = 0; i < most; ++i) visit(nth_pair(cube, random() % static_cast<std::uint64_t>(count(cube))));
}

inline int digit_held(model::Pair pair, verify::Token token) {
  const std::uint64_t value = token.role == model::Role::a   ? pair.a
                              : token.role == model::Role::b ? pair.b
                                                             : pair.a + pair.b;
  return model::digit_at(value, token.place);
}

// One head's sum over cells of E f(cell index), E in the middle of its enclosure.
template <class F>
double weighted_sum(const verify::Question& q, int head, model::Pair pair, F&& f) {
  double sum = 0.0;
  for (int c = 0; c < static_cast<int>(q.cells.size()); ++c) {
    const auto& cell = q.cells[static_cast<std::size_t>(c)];
    const std::size_t at =
        q.at(head, c) + (cell.fixed ? 0 : static_cast<std::size_t>(digit_held(pair, cell.token)));
    sum += 0.5 * (q.weight_low[at] + q.weight_high[at]) * f(at);
  }
  return sum;
}
inline double denominator(const verify::Question& q, int head, model::Pair pair) {
  return weighted_sum(q, head, pair, [](std::size_t) { return 1.0; });
}
// Head's share of the attention coordinate u_k.
inline double share_of(const verify::Question& q, int head, int axis, model::Pair pair) {
  const auto& z = q.coordinate[static_cast<std::size_t>(axis)];
  return weighted_sum(q, head, pair, [&](std::size_t at) { return z[at]; }) / denominator(q, head, pair);
}

}  // namespace carryscope::test
