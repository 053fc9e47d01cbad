// Decoding for every processor: 16-byte vectors.
#define CARRYSCOPE_ISA portable
#define CARRYSCOPE_LANES 4
#include "model/decode_instance.h"

namespace carryscope::model {

DecodeRun* decode_portable(const DecodeTail& tail) { return portable::find(tail); }

}  // namespace carryscope::model
