// Decoding for x86-64 with AVX-512.
#define CARRYSCOPE_ISA avx512
#define CARRYSCOPE_LANES 16
#include "model/decode_instance.h"

namespace carryscope::model {

DecodeRun* decode_avx512(const DecodeTail& tail) { return avx512::find(tail); }

}  // namespace carryscope::model
