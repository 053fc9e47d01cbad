// The chains of pair_domain.h: listed once, then numbered by their digit choices.
#include <algorithm>

#include <fmt/format.h>

#include "model/error.h"
#include "model/python_random.h"
#include "verify/pair_domain.h"

namespace carryscope::verify {
namespace {

struct Letter {
  std::uint8_t a = 0, b = 0;
};

std::vector<Letter> letters(int least_sum, int most_sum) {
  std::vector<Letter> found;
  for (int a = 0; a < 10; ++a)
    for (int b = 0; b < 10; ++b)
      if (a + b >= least_sum && a + b <= most_sum)
        found.push_back({static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b)});
  return found;
}

// By the carry in and out.
const std::vector<Letter> kNone = letters(0, 9), kGenerate = letters(10, 18), kEnd = letters(0, 8),
                          kPass = letters(9, 9);

struct Chain {
  std::uint32_t carries = 0;  // bit i: c_i
  int place = 0, length = 0;
  std::uint64_t before = 0;  // pairs of the chains before it
};

class CarryChains final : public PairDomain {
 public:
  CarryChains(std::uint32_t seed, int digits) : seed_(seed), digits_(digits) {
    for (int length = 1; length <= digits; ++length)
      for (int place = 0; place + length <= digits; ++place) {
        const std::uint32_t own = ((1U << length) - 1) << (place + 1);
        for (std::uint32_t carries = 0; carries < 1U << (digits + 1); carries += 2) {
          if ((carries & own) != own || carries >> place & 1U) continue;
          chains_.push_back({carries, place, length, pairs_});
          pairs_ += kGenerate.size() * ends(chains_.back()).size();
        }
      }
  }

  std::uint64_t pairs() const override { return pairs_; }
  std::string name() const override { return fmt::format("carry-chains seed {}", seed_); }

  void fill(std::uint64_t shard, model::PairBlock& block) const override {
    block.count = pairs_of(shard);
    const std::uint64_t first = shard * kShardPairs;
    model::PythonRandom random((std::uint64_t{seed_} << 32) + shard);
    auto chain = std::ranges::upper_bound(chains_, first, {}, &Chain::before) - 1;
    for (std::size_t i = 0; i < block.count; ++i) {
      while (chain + 1 != chains_.end() && (chain + 1)->before <= first + i) ++chain;
      put(*chain, first + i - chain->before, random, i, block);
    }
  }

 private:
  // What the place above the cascade can hold; above the top place there is one nothing.
  const std::vector<Letter>& ends(const Chain& chain) const {
    static const std::vector<Letter> kNothing(1);
    const int above = chain.place + chain.length;
    if (above == digits_) return kNothing;
    return chain.carries >> (above + 1) & 1U ? kGenerate : kEnd;
  }

  const std::vector<Letter>& others(const Chain& chain, int place) const {
    if (place > chain.place && place < chain.place + chain.length) return kPass;
    const bool in = chain.carries >> place & 1U, out = chain.carries >> (place + 1) & 1U;
    return out ? kGenerate : in ? kEnd : kNone;
  }

  void put(const Chain& chain, std::uint64_t choice, model::PythonRandom& random, std::size_t pair,
           model::PairBlock& block) const {
    const std::vector<Letter>& above = ends(chain);
    for (int place = 0; place < digits_; ++place) {
      const std::vector<Letter>& choices = others(chain, place);
      const std::size_t which = place == chain.place ? choice / above.size()
                                : place == chain.place + chain.length
                                    ? choice % above.size()
                                    : static_cast<std::size_t>(random.below(choices.size()));
      block.a[block.at(place, pair)] = choices[which].a;
      block.b[block.at(place, pair)] = choices[which].b;
    }
  }

  std::uint32_t seed_;
  int digits_;
  std::uint64_t pairs_ = 0;
  std::vector<Chain> chains_;
};

}  // namespace

Domain carry_chains(std::uint32_t seed, int model_digits) {
  return std::make_unique<CarryChains>(seed, model_digits);
}

}  // namespace carryscope::verify
