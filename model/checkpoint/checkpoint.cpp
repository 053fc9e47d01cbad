// Which format a file has, and what every format shares: the hash, the name, the checks.
#include "model/checkpoint/checkpoint.h"

#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "model/checkpoint/atomic_file.h"
#include "model/checkpoint/bytes.h"
#include "model/checkpoint/decoder_json.h"
#include "model/checkpoint/safetensors.h"
#include "model/checkpoint/sha256.h"
#include "model/checkpoint/torch_file.h"
#include "model/checkpoint/zip_reader.h"
#include "model/error.h"

namespace carryscope::model {
namespace {

bool looks_like_json(ByteView bytes) {
  for (const std::uint8_t b : bytes)
    if (b != ' ' && b != '\t' && b != '\n' && b != '\r') return b == '{';
  return false;
}

Checkpoint read(ByteView bytes, const std::string& path) {
  if (bytes.empty()) throw InputError(fmt::format("{}: the file is empty, expected a checkpoint", path));
  if (looks_like_zip(bytes)) return read_torch(bytes, path);
  if (looks_like_safetensors(bytes)) return read_safetensors(bytes, path);
  if (looks_like_json(bytes)) {
    Checkpoint checkpoint;
    checkpoint.decoder = read_decoder_json(bytes, path);
    return checkpoint;
  }
  throw InputError(
      fmt::format("{}: neither a zip of torch.save, nor safetensors, nor JSON, expected a .pt, .safetensors "
                  "or .decoder.json checkpoint",
                  path));
}

}  // namespace

Checkpoint load(const std::string& path) {
  const Bytes bytes = read_file(path);
  Checkpoint checkpoint = read(bytes, path);
  checkpoint.sha256 = sha256(ByteView(bytes));
  if (const auto v = checkpoint.val_exact; v && !(*v >= 0 && *v <= 1))
    throw InputError(fmt::format("{}: val_exact is {}, expected a share from 0 to 1", path, *v));
  if (checkpoint.factored) {
    Decoder& decoder = checkpoint.decoder = multiply_out(*checkpoint.factored);
    const std::filesystem::path file(path);
    decoder.name = file.stem().string();
    decoder.source = fmt::format("{} (sha256 {})", file.filename().string(), checkpoint.sha256);
    validate(decoder, path);
  }
  return checkpoint;
}

void save(const std::string& path, const Checkpoint& checkpoint) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".json") return write_file(path, write_decoder_json(checkpoint.decoder));
  if (extension != ".pt" && extension != ".safetensors")
    throw InputError(
        fmt::format("{}: extension '{}' names no format, use .pt, .safetensors or .json", path, extension));
  if (!checkpoint.factored)
    throw InputError(
        fmt::format("{}: this model has no factors of the seeds' family, which {} stores; write it as .json",
                    path, extension));
  write_file(path, extension == ".pt" ? write_torch(checkpoint) : write_safetensors(checkpoint));
}

}  // namespace carryscope::model
