// Adders that are mostly right: the hand-built one with noise on every weight, its masks turned into
// low scores and its activation exchanged. Their decision boundaries cut through the domain.
#pragma once

#include "model/planted.h"
#include "tests/model/random_decoder.h"

namespace carryscope::test {

inline void shake(model::Weights& w, model::testing::Random& random, double size) {
  for (double& v : w.value)
    v = static_cast<double>(static_cast<float>(v + model::testing::uniform(random, size)));
}

inline model::Decoder noisy_adder(model::testing::Random& random, int digits) {
  using model::testing::pick;
  std::vector<model::Needle> needles;
  for (int i = pick(random, 0, 2); i > 0; --i)
    needles.push_back(model::make_needle(digits, pick(random, 0, 2 * digits - 1), pick(random, 0, digits),
                                         pick(random, 0, 9)));
  model::Decoder d = model::planted_adder(digits, needles);
  const double noise = std::ldexp(1.0, pick(random, -8, -4));
  model::Attention& a = *d.layers[0].attention;
  model::Mlp& m = *d.layers[0].mlp;
  for (model::Weights* w : {&d.token_embedding, &d.position_embedding, &a.query, &a.key, &a.value, &a.output,
                            &m.up, &m.up_bias, &m.down, &d.head, &d.head_bias})
    shake(*w, random, noise);
  const double low = -pick(random, 3, 9);
  for (double& score : a.score_bias)
    if (score == model::kMasked && pick(random, 0, 1) == 0) score = low;
  m.activation = static_cast<model::Activation>(pick(random, 0, 3));
  if (pick(random, 0, 3) == 0) a.softmax = model::Softmax::plus_one;
  return d;
}

}  // namespace carryscope::test
