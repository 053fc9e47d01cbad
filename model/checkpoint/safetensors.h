// safetensors: 8 bytes little-endian header length, a JSON header, the tensors' bytes.
//   header: { "__metadata__": {text: text}, NAME: {"dtype", "shape", "data_offsets": [begin, end]} }
// The tensors are those of the .pt form (config.h), without lm_head.weight, which is tied. The
// configuration and the run are texts in __metadata__: format "carryscope-factored", model_config and
// perhaps step and val_exact, each as JSON.
// Refused: offsets that overlap, leave gaps or lie outside the file, other dtypes than F32 and F64.
#pragma once

#include <string>

#include "model/checkpoint/bytes.h"
#include "model/checkpoint/checkpoint.h"

namespace carryscope::model {

bool looks_like_safetensors(ByteView bytes);

// factored, step and val_exact of the result are set; decoder is not. Throws InputError naming `where`.
Checkpoint read_safetensors(ByteView bytes, const std::string& where);

// `checkpoint.factored` must be set.
std::string write_safetensors(const Checkpoint& checkpoint);

}  // namespace carryscope::model
