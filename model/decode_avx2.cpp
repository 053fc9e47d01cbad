// Decoding for x86-64 with AVX2 and FMA.
#define CARRYSCOPE_ISA avx2
#define CARRYSCOPE_LANES 8
#include "model/decode_instance.h"

namespace carryscope::model {

DecodeRun* decode_avx2(const DecodeTail& tail) { return avx2::find(tail); }

}  // namespace carryscope::model
