// A population: runs that share one trainer, each as if it had one of its own.
//
// Every member runs in a thread, but never two at once: whoever runs holds the baton and lets go of it only
// in step(), where it waits until every member that is still there asks for that step. So each evaluates,
// saves and ends as it does alone. Members keep in step: all start from the same one, and none starts over.
#pragma once

#include <functional>
#include <memory>

#include "train/trainer.h"

namespace carryscope::train {

// What a member does with its trainer, of a population of one; it leaves when this returns or throws.
using MemberWork = std::function<void(int member, Trainer& trainer)>;

// Returns when all have left. Throws what the first of them, or the shared trainer's step, threw.
void train_together(std::unique_ptr<Trainer> shared, const MemberWork& work);

}  // namespace carryscope::train
