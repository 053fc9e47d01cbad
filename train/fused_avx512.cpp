// The fused step for x86-64 with AVX-512 (F, DQ, VL, BW).
#define CARRYSCOPE_ISA avx512
#define CARRYSCOPE_LANES 16
#include "train/fused_instance.h"

namespace carryscope::train {

FusedRun* fused_avx512(int width, int feed_forward) { return avx512::find(width, feed_forward); }

}  // namespace carryscope::train
