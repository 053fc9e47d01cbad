// Threads that prove things: as model's, and each rounds upward.
#pragma once

#include "model/parallel.h"
#include "verify/rounding.h"

namespace carryscope::verify {

// Runs work(worker) for worker = 0 .. threads - 1, worker 0 on the calling thread, and waits for all.
inline void in_parallel(int threads, const std::function<void(int)>& work) {
  model::in_parallel(threads, [&](int worker) {
    const RoundUpward upward;
    work(worker);
  });
}

}  // namespace carryscope::verify
