// The one door for models: a file of any of the three formats in, a Decoder out, and back.
//
//   .pt            the public dictionary form of torch.save (torch_file.h), factored
//   .safetensors   the same tensors, the configuration in __metadata__ (safetensors.h)
//   .json          a decoder JSON (decoder_json.h), dense
// load() looks at the content, save() at the extension.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/decoder.h"
#include "model/parametrisation.h"

namespace carryscope::model {

struct Checkpoint {
  Decoder decoder;                   // validated
  std::optional<Factored> factored;  // where the file stores factors; decoder is multiply_out of it
  std::optional<std::int64_t> step;  // of the training run
  std::optional<double> val_exact;   // its best validation accuracy, 0 to 1
  std::string sha256;                // of the file that was loaded
};

// Throws InputError: one sentence naming the file and the field. The decoder's name is the file's
// stem where the format has no name of its own.
Checkpoint load(const std::string& path);

// Writes a temporary and renames it; throws InputError on an unknown extension, on a format that
// cannot hold the model (.pt and .safetensors need `factored`), or a failed write.
void save(const std::string& path, const Checkpoint& checkpoint);

}  // namespace carryscope::model
