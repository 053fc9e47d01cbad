// StepSearch against brute force: on random models of every kind, what it certifies of each single
// pair is what the pair does. More models, more digits.
#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

using test::check_random_models;
using test::expect_both_sides;
using verify::Semantics;

TEST(StepSearchSlow, OneDigitReal) { expect_both_sides(check_random_models(2000, 1, Semantics::real)); }
TEST(StepSearchSlow, OneDigitFloat32) { expect_both_sides(check_random_models(1000, 1, Semantics::float32)); }
TEST(StepSearchSlow, TwoDigitsReal) { expect_both_sides(check_random_models(100, 2, Semantics::real)); }
TEST(StepSearchSlow, TwoDigitsFloat32) { expect_both_sides(check_random_models(12, 2, Semantics::float32)); }
TEST(StepSearchSlow, ThreeDigitsReal) { EXPECT_GT(check_random_models(1, 3, Semantics::real).wrong, 0U); }

}  // namespace
}  // namespace carryscope
