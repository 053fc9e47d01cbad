// Any bytes as the body of a certificate, its checksum made to hold: what is accepted refers to nothing that
// it does not hold. The seeds are certificates of a planted adder of one digit, without their checksums.
#include "verify/check/certificate.h"

#include "model/checkpoint/sha256.h"
#include "tests/fuzz/fuzz.h"

using namespace carryscope;

namespace {

void require_sound(const verify::check::Certificate& c) {
  for (const verify::check::Witness& w : c.witnesses)
    fuzz::require(w.step >= 0 && static_cast<std::size_t>(w.step) < c.steps.size());
  for (const verify::check::Tree& tree : c.trees) {
    fuzz::require(static_cast<std::size_t>(tree.step) < c.steps.size() && !tree.nodes.empty());
    std::size_t parts = 0;
    for (std::size_t at = 0; at < tree.nodes.size(); ++at)
      for (const auto& part : tree.nodes[at].parts) {
        ++parts;
        fuzz::require(tree.nodes[at].kind == verify::check::Kind::split);
        fuzz::require(part.node > at && part.node < tree.nodes.size());
        fuzz::require(tree.nodes[at].token < 4 * c.layout.digits + 2);
      }
    fuzz::require(parts + 1 == tree.nodes.size());  // each node but the root is a part of one other
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refused_or_done([&] {
    std::string bytes(model::as_text({data, size}));
    const std::string hex = model::sha256(model::as_bytes(bytes));
    for (std::size_t i = 0; i < hex.size(); i += 2)
      bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    require_sound(verify::check::read_certificate(model::as_bytes(bytes), "fuzz.cert"));
  });
}
