// The sources of a batch, and the pairs that no source may give.
#include "train/curriculum.h"

#include <algorithm>
#include <cmath>

#include "model/error.h"

namespace carryscope::train {
namespace {

using model::Pair;

constexpr std::uint64_t kBatchSeed = 1337;    // the public recipe's distance of batches from held-out pairs
constexpr std::size_t kFilterBits = 1 << 18;  // 32 KB; 15,000 pairs set 6 % of them
constexpr int kFewestDigitsHeldOut = 3;       // below, the paper's protocol has too few pairs

// digits: those among which a pair's may stand anywhere; 0: they begin at the ones.
Pair uniform(CounterRandom& random, int longest, int digits) {
  const auto length = static_cast<int>(random.below(static_cast<std::uint64_t>(longest))) + 1;
  const std::uint64_t range = model::power_of_ten(length);
  const std::uint64_t a = random.below(range), b = random.below(range);
  if (digits == 0) return {a, b};
  const std::uint64_t moved =
      model::power_of_ten(static_cast<int>(random.below(static_cast<std::uint64_t>(digits - length + 1))));
  return {a * moved, b * moved};
}

Pair cascades(CounterRandom& random, int longest) {
  const auto length = static_cast<int>(random.below(static_cast<std::uint64_t>(longest))) + 1;
  const double density = random.unit();
  Pair pair;
  for (int place = 0; place < length; ++place) {
    const std::uint64_t digit = random.below(10);
    const std::uint64_t other = random.unit() < density ? 9 - digit : random.below(10);
    pair = {10 * pair.a + digit, 10 * pair.b + other};
  }
  return pair;
}

}  // namespace

int longest_operand(const Recipe& recipe, int digits, std::int64_t step) {
  model::ensure(!recipe.curriculum.empty(), "a curriculum has a phase");
  const auto phase = std::find_if(recipe.curriculum.begin(), recipe.curriculum.end() - 1,
                                  [step](const Phase& p) { return step < p.until; });
  return std::min(phase->longest, digits);
}

std::size_t Curriculum::Hash::operator()(const Pair& pair) const {
  return static_cast<std::size_t>(CounterRandom(pair.a, pair.b).next());
}

Curriculum::Curriculum(const Recipe& recipe, int digits, std::uint64_t seed)
    : recipe_(recipe), digits_(digits), seed_(seed + kBatchSeed), perhaps_(kFilterBits) {
  if (digits < kFewestDigitsHeldOut) return;
  split_ = model::paper_split(seed, digits);
  for (const auto* half : {&split_.validation, &split_.test})
    for (const Pair& pair : *half) {
      held_out_.insert(pair);
      perhaps_[Hash{}(pair) % kFilterBits] = true;
    }
}

bool Curriculum::held_out(Pair pair) const {
  return perhaps_[Hash{}(pair) % kFilterBits] && held_out_.contains(pair);
}

void Curriculum::add_source(double share, Source source) {
  model::ensure(share >= 0 && share <= 1, "a source has a part of the batch");
  added_.push_back({share, std::move(source)});
}

void Curriculum::fill(const Source& source, CounterRandom& random, std::span<Pair> out) const {
  for (Pair& pair : out) {
    pair = source(random);
    while (held_out(pair)) pair = source(random);
  }
}

void Curriculum::batch(std::int64_t step, std::span<Pair> out) const {
  CounterRandom random(seed_, static_cast<std::uint64_t>(step));
  const int longest = longest_operand(recipe_, digits_, step);
  std::size_t done = 0;
  const auto take = [&](double share, const Source& source) {
    const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(out.size())));
    const std::size_t count = std::min(wanted, out.size() - done);
    fill(source, random, out.subspan(done, count));
    done += count;
  };
  take(recipe_.cascade_share, [longest](CounterRandom& r) { return cascades(r, longest); });
  for (const Added& added : added_) take(added.share, added.source);
  take(1, [longest, within = recipe_.any_place ? digits_ : 0](CounterRandom& r) {
    return uniform(r, longest, within);
  });
}

}  // namespace carryscope::train
