// certify on hand-built adders with planted errors: more digits, more needles.
#include <gtest/gtest.h>

#include "tests/verify/planted_counts.h"

namespace carryscope {
namespace {

using model::make_needle;
using test::expect_planted;
using test::power;

TEST(CertifySlow, TenDigitsWithEveryPowerOfTen) {
  for (int free = 0; free < 20; ++free)
    expect_planted(10, {make_needle(10, free, free % 11)}, power(free), free % 11);
}

TEST(CertifySlow, EighteenDigits) {
  expect_planted(18, {}, 0, -1);
  for (const int free : {2, 14, 35})
    expect_planted(18, {make_needle(18, free, free % 19)}, power(free), free % 19);
}

TEST(CertifySlow, SumsOfPlantedErrors) {
  expect_planted(10, {make_needle(10, 3, 1, 4), make_needle(10, 8, 5, 6), make_needle(10, 12, 10, 0)},
                 power(3) + power(8) + power(12), -1);
  expect_planted(10, {make_needle(10, 6, 3, 7), make_needle(10, 6, 8, 7)}, power(6), 3);
  expect_planted(10, {make_needle(10, 6, 3, 7), make_needle(10, 9, 8, 7)}, power(9), -1);
}

}  // namespace
}  // namespace carryscope
