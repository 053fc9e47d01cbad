// The part of counter_random.h that needs the mathematical library.
#include "train/counter_random.h"

#include <cmath>
#include <numbers>

namespace carryscope::train {

double CounterRandom::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - unit()));  // 1 - unit() is in (0, 1]
  return radius * std::cos(2 * std::numbers::pi * unit());
}

}  // namespace carryscope::train
