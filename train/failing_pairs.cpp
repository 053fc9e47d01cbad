// The pool of failing_pairs.h.
#include "train/failing_pairs.h"

#include <algorithm>

#include "model/error.h"

namespace carryscope::train {
namespace {

constexpr std::size_t kPool = 60'000;

using verify::Count;

// Uniform below `range`, which may have more than 64 bits.
Count below(CounterRandom& random, Count range) {
  constexpr Count kWord = Count{1} << 64;
  if (range < kWord) return random.below(static_cast<std::uint64_t>(range));
  for (const Count high = range / kWord + 1;;) {
    const Count draw = Count{random.below(static_cast<std::uint64_t>(high))} * kWord + random.next();
    if (draw < range) return draw;
  }
}

}  // namespace

void FailingPairs::keep(model::Pair pair) {
  if (pool_.size() < kPool)
    pool_.push_back(pair);
  else
    pool_[next_++ % kPool] = pair;
}

void FailingPairs::learn(const verify::Certification& certification, std::size_t draws) {
  std::vector<const verify::Cube*> cubes;
  std::vector<Count> until;  // running sums of the masses
  Count mass = 0;
  for (const verify::QuestionLeaves& question : certification.leaves)
    for (const verify::Leaf& leaf : question.leaves)
      if (leaf.verdict != verify::Verdict::correct && leaf.pairs > 0) {
        cubes.push_back(&leaf.cube);
        until.push_back(mass += leaf.pairs);
      }
  cubes_ = cubes.size();
  if (cubes.empty()) return;
  for (std::size_t i = 0; i < draws; ++i) {
    std::size_t chosen = random_.below(cubes.size());
    if (i % 2 == 0) {
      const auto found = std::upper_bound(until.begin(), until.end(), below(random_, mass));
      chosen = static_cast<std::size_t>(found - until.begin());
    }
    keep(verify::nth_pair(*cubes[chosen], below(random_, verify::count(*cubes[chosen]))));
  }
}

void FailingPairs::learn(model::Pair pair, std::size_t copies) {
  for (std::size_t i = 0; i < copies; ++i) keep(pair);
}

model::Pair FailingPairs::draw(CounterRandom& random) const {
  model::ensure(!pool_.empty(), "a pair is drawn from a pool that has one");
  return pool_[random.below(pool_.size())];
}

nlohmann::json FailingPairs::json() const {
  nlohmann::json pairs = nlohmann::json::array();
  for (const model::Pair& pair : pool_) pairs.push_back({pair.a, pair.b});
  return {{"pairs", pairs}, {"next", next_}, {"random", random_.state()}};
}

FailingPairs FailingPairs::from(const nlohmann::json& json) {
  FailingPairs failing(0);
  for (const auto& pair : json.at("pairs"))
    failing.pool_.push_back({pair.at(0).get<std::uint64_t>(), pair.at(1).get<std::uint64_t>()});
  failing.next_ = json.at("next").get<std::size_t>();
  failing.random_ = CounterRandom(json.at("random").get<std::uint64_t>());
  return failing;
}

}  // namespace carryscope::train
