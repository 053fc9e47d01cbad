// StepSearch against brute force: on random models of every kind, what it certifies of each single
// pair is what the pair does.
#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

using test::check_random_models;
using test::expect_both_sides;
using verify::Semantics;

TEST(StepSearch, OneDigitReal) { expect_both_sides(check_random_models(200, 1, Semantics::real)); }
TEST(StepSearch, OneDigitFloat32) { expect_both_sides(check_random_models(200, 1, Semantics::float32)); }
TEST(StepSearch, TwoDigitsReal) { expect_both_sides(check_random_models(6, 2, Semantics::real)); }

}  // namespace
}  // namespace carryscope
