// A count that may examine so many cubes: a proven bracket, the same whenever and however often it is asked
// for.
#include <gtest/gtest.h>

#include "analysis/wrong_pairs.h"
#include "model/planted.h"

namespace carryscope::analysis {
namespace {

TEST(WorkLimit, GivesTheSameBracketAgainAndMoreWorkNarrowsIt) {
  const model::Decoder decoder = model::planted_adder(3);
  const Network network(decoder);
  Steps steps = network.steps;
  for (auto& of_step : steps)
    for (verify::Attended& read : of_step) cut_key(read, 1, decoder.layout.digits, key_ablations()[0]);
  const auto counted = [&](std::uint64_t work) {
    return wrong_pairs(network, steps, {.seconds = verify::kInfinity, .work = work}).pairs;
  };
  const verify::Counts once = counted(500), again = counted(500), longer = counted(20'000);
  EXPECT_GT(once.undecided, 0u);
  EXPECT_EQ(once.wrong, again.wrong);
  EXPECT_EQ(once.undecided, again.undecided);
  EXPECT_LT(longer.undecided, once.undecided);
  EXPECT_GE(longer.wrong, once.wrong);
}

}  // namespace
}  // namespace carryscope::analysis
