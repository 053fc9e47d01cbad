// Any bytes as safetensors: what is accepted comes back the same when written.
#include "model/checkpoint/safetensors.h"
#include "model/checkpoint/sha256.h"
#include "tests/fuzz/fuzz.h"

using namespace carryscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refused_or_done([&] {
    const model::Checkpoint checkpoint = model::read_safetensors({data, size}, "fuzz.safetensors");
    const model::Decoder decoder = model::multiply_out(*checkpoint.factored);
    model::validate(decoder, "fuzz.safetensors");
    const std::string written = model::write_safetensors(checkpoint);
    const model::Checkpoint again = model::read_safetensors(model::as_bytes(written), "again.safetensors");
    fuzz::require(model::sha256(model::multiply_out(*again.factored)) == model::sha256(decoder));
    fuzz::require(model::write_safetensors(again) == written);
  });
}
