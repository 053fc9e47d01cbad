// Any bytes as a zip archive: every entry is read.
#include "model/checkpoint/zip_reader.h"
#include "tests/fuzz/fuzz.h"

using namespace carryscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refused_or_done([&] {
    const model::ZipReader reader({data, size}, "fuzz.zip");
    for (const model::ZipEntry& entry : reader.entries()) {
      fuzz::require(reader.find(entry.name) == &entry);
      fuzz::refused_or_done([&] { fuzz::require(reader.read(entry).size() == entry.size); });
    }
  });
}
