// SHA-256 as lower-case hexadecimal text. Names a file's bytes in records, and a model's meaning in
// certificates.
#pragma once

#include <string>

#include "model/checkpoint/bytes.h"
#include "model/decoder.h"

namespace carryscope::model {

std::string sha256(ByteView bytes);

// The model's meaning, whatever file it came from: sha256 over this sequence of 8-byte little-endian
// words, doubles as their bits, in the order of the fields of decoder.h:
//   "carryscope decoder 1" as a text; a text is its length and its bytes;
//   an integer, enumeration or truth value is one word, an optional is 0, or 1 and the content;
//   a vector is its length and its members; a Weights is rows, cols, rank, value, radius, magnitude;
//   a Slot is role, place, token, of which meaningless ones count as 0.
// name, source and parameters are left out: they do not change what is computed.
std::string sha256(const Decoder& decoder);

}  // namespace carryscope::model
