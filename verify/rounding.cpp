#include "verify/rounding.h"

#include <cfenv>
#include <limits>

#include "model/error.h"

namespace carryscope::verify {

RoundUpward::RoundUpward() : before_(std::fegetround()) {
  model::ensure(before_ >= 0 && std::fesetround(FE_UPWARD) == 0, "this machine can round upward");
}

RoundUpward::~RoundUpward() { std::fesetround(before_); }

void ensure_upward() {
  // Volatile: the mode in force at run time is what is asked for, not the compiler's idea of it.
  volatile double one = 1.0;
  volatile double tiny = std::numeric_limits<double>::min();
  volatile double sum = one + tiny;
  volatile double difference = tiny - one;
  volatile double half = tiny * 0.5;
  model::ensure(sum > 1.0 && difference > -1.0, "doubles are rounded upward here (RoundUpward)");
  model::ensure(half > 0.0, "subnormal doubles are not flushed to zero here");
}

}  // namespace carryscope::verify
