// StepSearch against brute force: on random models of every kind, what it certifies of each single
// pair is what the pair does.
#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

using test::check_random_models;
using test::check_seed;
using test::expect_both_sides;
using verify::Semantics;

TEST(StepSearch, OneDigitReal) { expect_both_sides(check_random_models(200, 1, Semantics::real)); }
TEST(StepSearch, OneDigitFloat32) { expect_both_sides(check_random_models(200, 1, Semantics::float32)); }
TEST(StepSearch, TwoDigitsReal) { expect_both_sides(check_random_models(6, 2, Semantics::real)); }

// Attention gives the same everywhere, and LayerNorm of width 1: nothing varies, much is blurred.
TEST(StepSearch, AttentionOfRankZero) { check_seed(1, 1, Semantics::real); }
TEST(StepSearch, BlurWithoutVariation) { check_seed(1461445970, 2, Semantics::real); }
// Output coordinates that are the same for all pairs but for rounding, of readings that are not.
TEST(StepSearch, OutputThatHardlyVaries) {
  check_seed(2159457917, 1, Semantics::real);
  check_seed(3366274036, 2, Semantics::real);
}
// Two heads whose joint bound has another centre than the sum of theirs.
TEST(StepSearch, CentresThatDoNotAddUp) { check_seed(84284134, 1, Semantics::float32); }

}  // namespace
}  // namespace carryscope
