// PairDomain: which pairs enumerate decodes, numbered and cut into shards.
//
// A shard is filled into a block of digits; what it holds depends on the domain and its number alone. Pairs
// of a cube are in the order of their letters (a_i, b_i) from the highest place down, so that neighbours
// share their upper places: the quickest order for model::BlockDecoder.
#pragma once

#include <memory>

#include "model/pair_block.h"
#include "verify/cube.h"

namespace carryscope::verify {

inline constexpr std::uint64_t kShardPairs = 20'000;

class PairDomain {
 public:
  virtual ~PairDomain() = default;

  virtual std::uint64_t pairs() const = 0;
  std::uint64_t shards() const { return (pairs() + kShardPairs - 1) / kShardPairs; }
  std::uint64_t pairs_of(std::uint64_t shard) const {
    return std::min(kShardPairs, pairs() - shard * kShardPairs);
  }
  // Overwrites the block, of the model's digits and of room for kShardPairs. shard < shards().
  virtual void fill(std::uint64_t shard, model::PairBlock& block) const = 0;

  // What a journal and the JSON call it: "digits 4", "random 1000 seed 0", "cube a=..", "carry-chains seed
  // 0".
  virtual std::string name() const = 0;
  // Whether its pairs are a sample, whose error rate has a standard error.
  virtual bool sampled() const { return false; }
};

using Domain = std::unique_ptr<const PairDomain>;

// All a and b below 10^digits, digits <= model_digits, for a model of so many digits. digits <= 9.
Domain all_below(int digits, int model_digits);

// `count` uniform pairs, repeats kept: shard k holds those of Python's random.Random(seed * 2^32 + k), a
// before b.
Domain random_pairs(std::uint64_t count, std::uint32_t seed, int model_digits);

// The pairs of a cube. Throws InputError where there are none, or more than 10^12.
Domain pairs_in(const Cube& cube);

// Every cascade at every place under every carry pattern. For each place i, each length k >= 1 and each
// choice of the carries that are not the cascade's own: place i, without a carry in, generates one (a_i + b_i
// >= 10), the k - 1 places above pass it on (their digits sum to 9), and place i + k, if there is one, ends
// it (sum <= 8) or generates anew (sum >= 10), as the pattern says. All digit choices of the two places that
// matter, i and i + k: 45 of either. The other places hold digits drawn uniformly from those that
// the pattern allows them, for each pair anew, with Python's random.Random(seed * 2^32 + shard); those that
// carry both in and out generate anew.
Domain carry_chains(std::uint32_t seed, int model_digits);

}  // namespace carryscope::verify
