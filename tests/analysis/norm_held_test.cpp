// A norm whose scale is held, against the norm itself.
#include <gtest/gtest.h>

#include "analysis/ablated.h"
#include "analysis/anatomy.h"
#include "model/tail.h"
#include "tests/verify/random_models.h"
#include "verify/rounding.h"

namespace carryscope {
namespace {

// Where a norm's scale is held at what it is at one residual, the folded maps give what the norm gave there.
TEST(NormHeld, IsTheNormAtThatScale) {
  const std::uint64_t first = test::fresh_seed();
  std::printf("CARRYSCOPE_SEED=%llu\n", static_cast<unsigned long long>(first));
  int held = 0;
  for (std::uint64_t seed = first; seed < first + 30; ++seed) {
    model::Decoder decoder = test::decoder_of(seed, 1);
    model::testing::Random random(seed);
    std::vector<double> x;
    for (int i = 0; i < decoder.width(); ++i) x.push_back(model::testing::uniform(random, 1.0));
    for (const analysis::NormPlace& place : std::span(analysis::norm_places()).subspan(1)) {
      const model::Norm norm = place.of(decoder);
      if (norm.type == model::NormType::none || place.readers(decoder).empty()) continue;
      ++held;
      std::vector<double> at = x;
      if (&place == &analysis::norm_places()[2])
        model::FeedForward<double>(decoder.layers[0]).apply(at);  // the residual that the final norm reads
      model::Decoder edited;
      {
        const verify::RoundUpward upward;
        edited = analysis::with_norm_held(decoder, place, analysis::inverse_root(norm, at));
      }
      std::vector<double> a = x, b = x, before(static_cast<std::size_t>(decoder.vocabulary)), after = before;
      model::Tail<double>(decoder).logits(a, before);
      model::Tail<double>(edited).logits(b, after);
      for (std::size_t v = 0; v < before.size(); ++v)
        EXPECT_NEAR(before[v], after[v], 1e-9 * (1 + std::abs(before[v]))) << place.name << ", seed " << seed;
    }
  }
  EXPECT_GT(held, 0);
}

}  // namespace
}  // namespace carryscope
