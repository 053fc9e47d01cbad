// FailingPairs: a memory of pairs that a model got wrong, drawn from the cubes of its certification.
//
// Half of the draws choose a cube by its mass and half choose every cube alike, so that rare failures are
// seen too; within a cube pairs are uniform. Old pairs stay until newer ones push them out, so that mended
// errors do not come back unseen.
#pragma once

#include <cstddef>
#include <vector>

#include <nlohmann/json.hpp>

#include "train/counter_random.h"
#include "verify/certify.h"

namespace carryscope::train {

class FailingPairs {
 public:
  explicit FailingPairs(std::uint64_t seed) : random_(seed, 0) {}

  // Adds `draws` pairs of the leaves that are not correct. The certification was asked for its leaves.
  void learn(const verify::Certification& certification, std::size_t draws);
  void learn(model::Pair pair, std::size_t copies);

  bool empty() const { return pool_.empty(); }
  std::size_t cubes() const { return cubes_; }  // that the last certification left not correct
  model::Pair draw(CounterRandom& random) const;

  // What draws and later learning depend on, and back. from() throws nlohmann's exceptions.
  nlohmann::json json() const;
  static FailingPairs from(const nlohmann::json& json);

 private:
  void keep(model::Pair pair);

  CounterRandom random_;
  std::vector<model::Pair> pool_;
  std::size_t next_ = 0, cubes_ = 0;
};

}  // namespace carryscope::train
