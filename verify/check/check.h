// check: is what a certificate claims of a model true?
//
// Of the certificate only its splits are used; every count is derived here, every leaf is proven here.
#pragma once

#include <stdexcept>

#include "model/checkpoint/checkpoint.h"
#include "verify/check/certificate.h"

namespace carryscope::verify::check {

// The certificate claims what was not shown; names the leaf or the count.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Report {
  std::vector<Counts> steps;          // derived
  std::vector<Count> first_failures;  // by step: wrong pairs that no earlier step gets wrong
  Counts total;
  std::uint64_t leaves = 0, proven = 0, boxes = 0;
};

// Throws Refused; InputError where the certificate is about another model or layout.
Report check(const Certificate& certificate, const model::Checkpoint& checkpoint, int threads,
             const std::string& where);

}  // namespace carryscope::verify::check
