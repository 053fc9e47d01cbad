// The canonical Decoder on disk, `*.decoder.json`: all matrices row-major lists of rows, y = x W.
// Every field of the format must be there, null where it does not apply; no other field may be.
// A decoder JSON means the numbers it holds: no enclosures, radius 0. An entry null of score_bias is a
// masked key. Numbers are written so that reading them gives the same doubles.
#pragma once

#include <string>

#include "model/checkpoint/json_text.h"
#include "model/decoder.h"

namespace carryscope::model {

inline constexpr std::string_view kDecoderFormat = "carryscope-decoder";
inline constexpr int kDecoderVersion = 1;

// Throws InputError naming `where` and the field. The result has been validated.
Decoder read_decoder_json(ByteView bytes, const std::string& where);

// A model with enclosures is rounded to its middle values; `source` then says so. Ends with a newline.
std::string write_decoder_json(const Decoder& decoder);

}  // namespace carryscope::model
