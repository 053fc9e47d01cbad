// A certification as JSON: docs/schemas/certify.schema.json says what each field means.
//
// Counts are decimal strings, because they need up to 128 bits. Nothing is left out or rounded.
#pragma once

#include <nlohmann/json.hpp>

#include "verify/certify.h"

namespace carryscope::verify {

// Everything but "file_sha256" and "record", which belong to a run on a file.
nlohmann::ordered_json to_json(const model::Decoder& decoder, const Certification& result);

}  // namespace carryscope::verify
