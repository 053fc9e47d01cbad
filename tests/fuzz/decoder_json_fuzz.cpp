// Any bytes as a decoder JSON: what is accepted comes back the same when written.
#include "model/checkpoint/decoder_json.h"
#include "model/checkpoint/sha256.h"
#include "tests/fuzz/fuzz.h"

using namespace carryscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refused_or_done([&] {
    const model::Decoder decoder = model::read_decoder_json({data, size}, "fuzz.json");
    const std::string written = model::write_decoder_json(decoder);
    const model::Decoder again = model::read_decoder_json(model::as_bytes(written), "again.json");
    fuzz::require(model::sha256(again) == model::sha256(decoder));
    fuzz::require(model::write_decoder_json(again) == written);
  });
}
