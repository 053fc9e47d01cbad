// The exact error of a model in training: a bracket of the wrong pairs of all 10^(2n), proven.
//
// Both bounds count pairs whose answer depends on float32 rounding as wrong when the semantics is
// float32: a trained model should be right under every rounding. While a model is bad the bracket is
// what a time budget allows; it is never a sample.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "model/parametrisation.h"
#include "verify/certify.h"

namespace carryscope::train {

struct ExactError {
  verify::Count total = 0, at_least = 0, at_most = 0;  // pairs

  bool proven_right() const { return at_most == 0; }
  bool exact() const { return at_least == at_most; }
  double lower() const;  // rates, 0 to 1
  double upper() const;
};

// Fewer errors first; of two brackets the one with the lower upper end.
bool better(const ExactError& x, const ExactError& y);

// What is known of a model in training: proven, and exact match on a sample, 0 to 1.
struct Score {
  ExactError exact;
  double validation = 0;
};

// By the proofs where the brackets do not overlap, else by the sample, else by the upper ends. Not an order:
// keep the best of many by comparing each with the best so far.
bool better(const Score& x, const Score& y);

ExactError exact_error(const verify::Certification& certification);

// `seconds` bounds the search, on one thread. No margin, no regions.
ExactError exact_error(const model::Factored& model, verify::Semantics semantics, double seconds,
                       const std::atomic<bool>* interrupted = nullptr);

std::string to_string(const ExactError& error);  // "3.86e-05" or "4e-05 .. 7.2e-03"
nlohmann::json json(const ExactError& error);    // {"total", "at_least", "at_most"} in decimal text
ExactError exact_error_from_json(const nlohmann::json& json);

}  // namespace carryscope::train
