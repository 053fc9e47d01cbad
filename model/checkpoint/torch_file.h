// The public dictionary form of torch.save:
//   { model_state: {name: tensor}, model_config: {...}, step, val_exact, params, anything else }
// Read through the zip reader and the restricted unpickler; float32 or float64 tensors, all of one type.
// Keys beside those five are ignored (a run's own settings).
//
// Written so that torch.load(weights_only=True) opens it, from torch 1.13 on: that one knows no pickled
// floating-point numbers, so val_exact is a float64 tensor without dimensions (reading accepts both).
// step and val_exact are None where unknown. lm_head.weight shares the storage of token_emb.weight.
#pragma once

#include <string>

#include "model/checkpoint/bytes.h"
#include "model/checkpoint/checkpoint.h"

namespace carryscope::model {

// factored, step and val_exact of the result are set; decoder is not. Throws InputError naming `where`.
Checkpoint read_torch(ByteView bytes, const std::string& where);

// `checkpoint.factored` must be set. The bytes depend on the model only, on no clock.
std::string write_torch(const Checkpoint& checkpoint);

}  // namespace carryscope::model
