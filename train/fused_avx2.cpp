// The fused step for x86-64 with AVX2 and FMA.
#define CARRYSCOPE_ISA avx2
#define CARRYSCOPE_LANES 8
#include "train/fused_instance.h"

namespace carryscope::train {

FusedRun* fused_avx2(int width, int feed_forward) { return avx2::find(width, feed_forward); }

}  // namespace carryscope::train
