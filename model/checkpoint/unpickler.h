// A restricted unpickler: the part of Python's pickle that torch.save writes for dictionaries of
// tensors and plain values. It runs no code. A global is a name that is compared with a short list;
// the only "calls" are OrderedDict(), _rebuild_tensor_v2 and _rebuild_parameter, and they only
// describe a tensor. Any other global, call or opcode is refused by its name.
// Time and memory are linear in the pickle: every opcode makes at most one node.
#pragma once

#include <string>

#include "model/checkpoint/bytes.h"
#include "model/checkpoint/pickle.h"

namespace carryscope::model {

// Throws InputError naming `where`.
Pickle unpickle(ByteView bytes, const std::string& where);

}  // namespace carryscope::model
