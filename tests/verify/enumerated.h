// What enumeration counts, between what certify proves wrong and what it proves wrong or dependent on
// rounding, over the same pairs.
#pragma once

#include <gtest/gtest.h>

#include "verify/certify.h"
#include "verify/enumerate.h"

namespace carryscope::test {

// Pairs of the domain in a cube of this verdict, at any step.
inline std::uint64_t certified_wrong(const verify::Certification& certification,
                                     const std::vector<model::Pair>& pairs, bool wrong_only) {
  std::vector<verify::Cube> cubes;
  for (const auto& question : certification.leaves)
    for (const verify::Leaf& leaf : question.leaves) {
      EXPECT_NE(leaf.verdict, verify::Verdict::undecided);
      if (leaf.verdict == verify::Verdict::wrong ||
          (!wrong_only && leaf.verdict == verify::Verdict::rounding))
        cubes.push_back(leaf.cube);
    }
  return static_cast<std::uint64_t>(std::ranges::count_if(pairs, [&](const model::Pair& pair) {
    return std::ranges::any_of(cubes, [&](const verify::Cube& cube) { return cube.contains(pair); });
  }));
}

// Every float32 program gets the wrong pairs wrong and, outside the rounding-dependent ones, no other.
inline void expect_within_certified(const model::Decoder& decoder, const verify::PairDomain& domain) {
  verify::CertifyOptions options;
  options.semantics = verify::Semantics::float32;
  options.margin = false;
  options.leaves = true;
  const auto certification = verify::certify(decoder, options);
  ASSERT_TRUE(certification.exact);
  std::vector<model::Pair> pairs;
  model::PairBlock block(decoder.layout.digits, verify::kShardPairs);
  for (std::uint64_t shard = 0; shard < domain.shards(); ++shard) {
    domain.fill(shard, block);
    for (std::size_t i = 0; i < block.count; ++i) pairs.push_back(block.pair(i));
  }
  const std::uint64_t counted = verify::enumerate(decoder, domain).wrong();
  const std::uint64_t wrong = certified_wrong(certification, pairs, true);
  const std::uint64_t at_most = certified_wrong(certification, pairs, false);
  std::printf("certified %llu to %llu wrong, enumerated %llu\n", static_cast<unsigned long long>(wrong),
              static_cast<unsigned long long>(at_most), static_cast<unsigned long long>(counted));
  EXPECT_LE(wrong, counted);
  EXPECT_LE(counted, at_most);
  EXPECT_GT(counted, 0u);
}

}  // namespace carryscope::test
