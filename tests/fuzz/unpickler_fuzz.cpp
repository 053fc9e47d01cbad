// Any bytes as a pickle: nodes refer to nodes that exist.
#include "model/checkpoint/unpickler.h"
#include "tests/fuzz/fuzz.h"

using namespace carryscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refused_or_done([&] {
    const model::Pickle pickle = model::unpickle({data, size}, "fuzz.pkl");
    fuzz::require(pickle.nodes.size() <= size);
    for (const model::PickleNode& node : pickle.nodes)
      for (const int item : node.items) pickle.at(item);
    pickle.find(*pickle, "model_state");
  });
}
