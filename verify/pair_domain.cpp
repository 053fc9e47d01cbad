// Cubes as a walk from the highest place down; random pairs.
#include "verify/pair_domain.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/error.h"
#include "model/pairs.h"
#include "verify/number_text.h"

namespace carryscope::verify {
namespace {

using model::ensure, model::InputError, model::PairBlock;

constexpr Count kMostPairs = 1'000'000'000'000;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// A set of carries: bit c set, carry c allowed.
using Carries = std::size_t;

class CubeDomain final : public PairDomain {
 public:
  CubeDomain(const Cube& cube, std::string name) : cube_(cube), name_(std::move(name)) {
    counts_[0] = {0, cube.c[0] & 1U ? Count{1} : 0, 0, cube.c[0] & 1U ? Count{1} : 0};
    for (int place = 0; place < cube.digits; ++place)
      for (Carries out = 1; out < 4; ++out)
        for (const Letter& letter : letters_[index(place)][out] = letters(place, out))
          counts_[index(place) + 1][out] += counts_[index(place)][letter.in];
    for (const Carries carry : {0U, 1U})
      if ((cube.c[index(cube.digits)] & cube.s[index(cube.digits)]) >> carry & 1U) top_ |= 1U << carry;
  }

  Count size() const { return counts_[index(cube_.digits)][top_]; }
  std::uint64_t pairs() const override { return static_cast<std::uint64_t>(size()); }
  std::string name() const override { return name_; }

  void fill(std::uint64_t shard, PairBlock& block) const override {
    block.count = pairs_of(shard);
    walk(cube_.digits - 1, top_, shard * kShardPairs, 0, block);
  }

 private:
  struct Letter {
    std::uint8_t a = 0, b = 0;
    Carries in = 0;  // the carries that may enter its place
  };

  // The letters of the place behind which some carry of `out` leaves it.
  std::vector<Letter> letters(int place, Carries out) const {
    const std::size_t p = index(place);
    std::vector<Letter> found;
    for (int a = 0; a < 10; ++a)
      for (int b = 0; b < 10; ++b) {
        if (!(cube_.a[p] >> a & 1) || !(cube_.b[p] >> b & 1)) continue;
        Carries in = 0;
        for (int carry = 0; carry < 2; ++carry) {
          const int sum = a + b + carry;
          const bool allowed = cube_.c[p] >> carry & 1 && cube_.s[p] >> sum % 10 & 1 && out >> sum / 10 & 1U;
          if (allowed) in |= Carries{1} << carry;
        }
        if (in != 0) found.push_back({static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b), in});
      }
    return found;
  }

  // Writes places 0 .. place of the pairs from number `first` of this subtree on to block entries from `to`
  // to the block's end; returns the entry behind the last one written.
  std::size_t walk(int place, Carries out, Count first, std::size_t to, PairBlock& block) const {
    std::uint8_t* const a = &block.a[block.at(place, 0)];
    std::uint8_t* const b = &block.b[block.at(place, 0)];
    for (const Letter& letter : letters_[index(place)][out]) {
      const Count below = counts_[index(place)][letter.in];
      if (first >= below) {
        first -= below;
        continue;
      }
      if (to == block.count) break;
      const std::size_t end = place == 0 ? to + 1 : walk(place - 1, letter.in, first, to, block);
      for (std::size_t i = to; i < end; ++i) a[i] = letter.a;
      for (std::size_t i = to; i < end; ++i) b[i] = letter.b;
      to = end;
      first = 0;
    }
    return to;
  }

  Cube cube_;
  std::string name_;
  Carries top_ = 0;
  std::array<std::array<std::vector<Letter>, 4>, model::kMaxDigits> letters_;  // [place][carries out]
  // [places][carries]: choices of the places below `places` behind which one of the carries leaves them.
  std::array<std::array<Count, 4>, model::kMaxDigits + 1> counts_{};
};

class RandomDomain final : public PairDomain {
 public:
  RandomDomain(std::uint64_t count, std::uint32_t seed, int digits)
      : count_(count), seed_(seed), digits_(digits) {}

  std::uint64_t pairs() const override { return count_; }
  std::string name() const override { return fmt::format("random {} seed {}", count_, seed_); }
  bool sampled() const override { return true; }

  void fill(std::uint64_t shard, PairBlock& block) const override {
    block.count = pairs_of(shard);
    const auto pairs = model::uniform_pairs(block.count, (std::uint64_t{seed_} << 32) + shard, digits_).pairs;
    for (std::size_t i = 0; i < pairs.size(); ++i) block.set(i, pairs[i]);
  }

 private:
  std::uint64_t count_;
  std::uint32_t seed_;
  int digits_;
};

}  // namespace

Domain all_below(int digits, int model_digits) {
  ensure(digits >= 1 && digits <= std::min(model_digits, 9), "operands fit the model, their pairs 64 bits");
  Cube cube = Cube::everything(model_digits);
  for (int place = digits; place < model_digits; ++place)
    cube.a[index(place)] = cube.b[index(place)] = only(0);
  return std::make_unique<CubeDomain>(cube, fmt::format("digits {}", digits));
}

Domain random_pairs(std::uint64_t count, std::uint32_t seed, int model_digits) {
  return std::make_unique<RandomDomain>(count, seed, model_digits);
}

Domain pairs_in(const Cube& cube) {
  auto domain = std::make_unique<CubeDomain>(cube, "cube " + pattern(cube));
  const Count size = domain->size();
  if (size == 0)
    throw InputError(fmt::format(
        "no pair is in the cube {}; its digits, sums and carries contradict each other", pattern(cube)));
  if (size > kMostPairs)
    throw InputError(fmt::format("the cube {} holds {} pairs, expected at most 10^12; fix more digits",
                                 pattern(cube), grouped(size)));
  return domain;
}

}  // namespace carryscope::verify
