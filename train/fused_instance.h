// The fused step of every (width, feed-forward) there is a preset for, compiled for one instruction set.
// A file that includes this defines CARRYSCOPE_ISA and CARRYSCOPE_LANES, and CMakeLists.txt gives that file
// the flags. A further size is a row of kSizes.
#pragma once

#include "train/fused_kernel.h"
#include "train/fused_model.h"

namespace carryscope::train::CARRYSCOPE_ISA {

template <int D, int F>
void run(const FusedShape& shape, const FusedWorkspace& work, const FusedStep& step) {
  constexpr int kRowLanes = CARRYSCOPE_LANES < kRow ? CARRYSCOPE_LANES : kRow;
  optimiser_step<Lanes<CARRYSCOPE_LANES>, Lanes<kRowLanes>, D, F>(shape, work, step, OneThread{});
}

struct Size {
  int width, feed_forward;
  FusedRun* run;
};
inline constexpr Size kSizes[] = {
    {4, 4, run<4, 4>}, {4, 8, run<4, 8>}, {7, 14, run<7, 14>}, {7, 28, run<7, 28>}};

inline FusedRun* find(int width, int feed_forward) {
  for (const Size& size : kSizes)
    if (size.width == width && size.feed_forward == feed_forward) return size.run;
  return nullptr;
}

}  // namespace carryscope::train::CARRYSCOPE_ISA
