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
  for (const bool seems_right : {false, true}) {
    auto edits = whole_step(network, 2);
    for (verify::Attended& read : edits[0].states)
      cut_key(read, 1, key_ablations()[0], verify::Cube::everything(3));
    const auto counted = [&](std::uint64_t work) {
      return wrong_pairs(network, edits, seems_right, {.work = work}).pairs;
    };
    const verify::Counts once = counted(100), again = counted(100), longer = counted(20'000);
    EXPECT_GT(once.undecided, 0u);
    EXPECT_EQ(once.wrong, again.wrong);
    EXPECT_EQ(once.undecided, again.undecided);
    EXPECT_LT(longer.undecided, once.undecided);
    EXPECT_GE(longer.wrong, once.wrong);
  }
}

}  // namespace
}  // namespace carryscope::analysis
