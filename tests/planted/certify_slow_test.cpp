// certify on hand-built adders with planted errors: every power of ten, more digits, overlapping needles.
#include "tests/planted/planted.h"

namespace carryscope {
namespace {

using model::make_needle;
using test::expect_planted, test::planted, test::power;

TEST(PlantedSlow, TenDigitsWithEveryPowerOfTen) {
  for (int free = 0; free < 20; ++free) expect_planted(planted(10, power(free), free % 11), free % 11);
}

TEST(PlantedSlow, EighteenDigits) {
  expect_planted({18, {}});
  for (const int free : {2, 14, 35}) expect_planted(planted(18, power(free), free % 19), free % 19);
}

TEST(PlantedSlow, SumsOfPlantedErrors) {
  expect_planted({10, {make_needle(10, 3, 1, 4), make_needle(10, 8, 5, 6), make_needle(10, 12, 10, 0)}});
  expect_planted({10, {make_needle(10, 6, 3, 7), make_needle(10, 6, 8, 7)}}, 3);
  expect_planted({10, {make_needle(10, 6, 3, 7), make_needle(10, 9, 8, 7)}});
}

}  // namespace
}  // namespace carryscope
