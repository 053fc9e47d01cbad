// The fused step for every processor: 16-byte vectors.
#define CARRYSCOPE_ISA portable
#define CARRYSCOPE_LANES 4
#include "train/fused_instance.h"

namespace carryscope::train {

FusedRun* fused_portable(int width, int feed_forward) { return portable::find(width, feed_forward); }

}  // namespace carryscope::train
