// What a program built without Z3 says instead of proving.
#include "model/error.h"
#include "verify/smt_addition.h"
#include "verify/smt_engine.h"

namespace carryscope::verify {

namespace {

[[noreturn]] void refuse() {
  throw model::InputError(
      "prove: this program was built without Z3; install it (scripts/setup does, as libz3-dev) and build "
      "again");
}

}  // namespace

std::vector<StepProof> prove(const model::Decoder&, const ProveOptions&,
                             const std::function<void(const StepProof&)>&) {
  refuse();
}

std::vector<ProvenRule> prove_rules() { refuse(); }

}  // namespace carryscope::verify
