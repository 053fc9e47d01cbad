// A certificate: a certification with every leaf, for carryscope-check to verify (docs/certificate.md).
//
// The leaves of a question came from splitting cubes on tokens, so a tree of splits is found again: any
// token that separates the leaves of a cube into groups does. The bytes depend on the set of leaves only,
// on neither the order in which they were found nor the number of threads.
#pragma once

#include <string>

#include "model/checkpoint/checkpoint.h"
#include "verify/certify.h"

namespace carryscope::verify {

// The certification must hold its leaves (CertifyOptions::leaves).
std::string certificate_bytes(const model::Checkpoint& checkpoint, const Certification& certification,
                              const std::string& command);

}  // namespace carryscope::verify
