// Hand-built adders with a known number of planted errors, certified under both semantics.
#pragma once

#include <gtest/gtest.h>

#include "model/planted.h"
#include "verify/certify.h"

namespace carryscope::test {

inline verify::Certification counted(const model::Decoder& decoder, verify::Semantics semantics) {
  verify::CertifyOptions options;
  options.semantics = semantics;
  options.margin = false;
  return certify(decoder, options);
}

inline verify::Count power(int exponent) { return exponent == 0 ? 1 : 10 * power(exponent - 1); }

// `wrong` pairs in all; where step >= 0, all of them first at this step.
inline void expect_planted(int digits, const std::vector<model::Needle>& needles, verify::Count wrong,
                           int step) {
  using verify::Semantics;
  using verify::to_string;
  const model::Decoder decoder = model::planted_adder(digits, needles);
  for (const Semantics semantics : {Semantics::real, Semantics::float32}) {
    SCOPED_TRACE(decoder.name + ", " + to_string(wrong) + " to find at step " + std::to_string(step));
    const verify::Certification result = counted(decoder, semantics);
    EXPECT_TRUE(result.exact);
    EXPECT_EQ(to_string(result.pairs.wrong), to_string(wrong));
    EXPECT_EQ(to_string(result.pairs.correct), to_string(verify::all_pairs(digits) - wrong));
    EXPECT_EQ(to_string(result.pairs.rounding), "0");
    if (step < 0) continue;
    EXPECT_EQ(to_string(result.steps[static_cast<std::size_t>(step)].first_failures), to_string(wrong));
  }
}

}  // namespace carryscope::test
