// Any bytes as the pickle inside a sound archive: the checksums of a zip would keep a fuzzer out. The
// archive holds the storages that the pickle asks for, so that its shapes and strides get a hearing.
// What is accepted multiplies out, passes the checks, and comes back the same when written.
#include <set>

#include "model/checkpoint/sha256.h"
#include "model/checkpoint/torch_file.h"
#include "model/checkpoint/unpickler.h"
#include "tests/fuzz/fuzz.h"
#include "tests/model/zip_builder.h"

using namespace carryscope;

namespace {

std::string archive(model::ByteView bytes) {
  std::vector<model::testing::ZipItem> items(1);
  items[0].name = "f/data.pkl";
  items[0].data = model::as_text(bytes);
  std::set<std::string> keys;
  const model::Pickle pickle = model::unpickle(bytes, "fuzz.pkl");
  for (const model::PickleNode& node : pickle.nodes) {
    constexpr std::int64_t kMost = 4096;
    if (node.kind != model::PickleNode::Kind::storage || node.integer < 0 || node.integer > kMost) continue;
    if (keys.size() >= 64 || node.text.size() > 64 || !keys.insert(node.text).second) continue;
    const bool wide = pickle.at(node.items[0]).text == "torch.DoubleStorage";
    model::testing::ZipItem item;
    item.name = "f/data/" + node.text;
    item.data = std::string(static_cast<std::size_t>(node.integer) * (wide ? 8 : 4), '>');
    items.push_back(item);
  }
  return model::testing::zip(items);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refused_or_done([&] {
    const std::string file = archive({data, size});
    const model::Checkpoint checkpoint = model::read_torch(model::as_bytes(file), "fuzz.pt");
    const model::Decoder decoder = model::multiply_out(*checkpoint.factored);
    model::validate(decoder, "fuzz.pt");
    const std::string written = model::write_torch(checkpoint);
    const model::Checkpoint again = model::read_torch(model::as_bytes(written), "again.pt");
    fuzz::require(model::sha256(model::multiply_out(*again.factored)) == model::sha256(decoder));
  });
}
