// Trainer: what every engine offers to whoever runs it: steps, models, and a state to resume from.
//
// An engine trains a population of one or more models of one configuration and recipe, each with its own
// seed, weights, moments and batches; member i's results do not depend on the others (to the last bit, or
// within the rounding that an engine's own header states). A run of k steps, state(), restore() in a new
// Trainer and n more steps gives what k + n steps give, to the last bit on the same machine and engine.
// Recording, evaluation and files belong to the caller.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/parametrisation.h"
#include "train/curriculum.h"
#include "train/recipe.h"

namespace carryscope::train {

// One member's training state. All three hold parts(config) in that order; values are float32.
struct MemberState {
  model::Factored parameters;
  std::vector<model::Tensor> first, second;  // Adam's moments, without bias correction
  bool diverged = false;
};

struct State {
  std::int64_t step = 0;  // steps done
  std::vector<MemberState> members;
};

// The state with its tensors in the order of parts(config). Throws InputError naming `where` and the member
// where it is not one of `population` models of this configuration: another one, tensors missing or
// misshapen, numbers not finite, second moments below 0.
State accepted(State state, const model::Config& config, int population, const std::string& where);

class Trainer {
 public:
  virtual ~Trainer() = default;

  // One AdamW step of every member, on its curriculum's batch of steps_done(). Returns each member's loss
  // (recipe.h) before the step. A member that diverged (loss, gradient norm not finite) returns NaN from then
  // on and keeps the state of its last good step.
  virtual std::vector<double> step() = 0;

  virtual std::int64_t steps_done() const = 0;
  virtual int population() const = 0;
  virtual model::Factored model(int member) const = 0;
  virtual Curriculum& curriculum(int member) = 0;  // a source may be added between steps

  virtual State state() const = 0;
  // Throws InputError as accepted() does; then nothing has changed.
  virtual void restore(const State& state, const std::string& where) = 0;
};

}  // namespace carryscope::train
