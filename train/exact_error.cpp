// Certification results as the trainer reads them.
#include "train/exact_error.h"

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::train {
namespace {

using verify::Count;

double rate(Count part, Count total) {
  return total == 0 ? 0 : static_cast<double>(part) / static_cast<double>(total);
}

Count count_of(const nlohmann::json& text) {
  Count value = 0;
  for (const char c : text.get_ref<const std::string&>()) {
    if (c < '0' || c > '9')
      throw model::InputError("an exact error has a count that is no decimal number; it is damaged");
    value = value * 10 + static_cast<Count>(c - '0');
  }
  return value;
}

}  // namespace

double ExactError::lower() const { return rate(at_least, total); }
double ExactError::upper() const { return rate(at_most, total); }

bool better(const ExactError& x, const ExactError& y) {
  return x.at_most != y.at_most ? x.at_most < y.at_most : x.at_least < y.at_least;
}

bool better(const Score& x, const Score& y) {
  const bool overlap = x.exact.at_most > y.exact.at_least && y.exact.at_most > x.exact.at_least;
  return overlap && x.validation != y.validation ? x.validation > y.validation : better(x.exact, y.exact);
}

ExactError exact_error(const verify::Certification& certification) {
  const verify::Counts& pairs = certification.pairs;
  const Count wrong = pairs.wrong + pairs.rounding;
  return {pairs.total, wrong, wrong + pairs.undecided};
}

ExactError exact_error(const model::Factored& model, verify::Semantics semantics, double seconds,
                       const std::atomic<bool>* interrupted) {
  verify::CertifyOptions options;
  options.semantics = semantics;
  options.time_limit = seconds;
  options.margin = false;
  options.regions = 0;
  options.total_only = true;
  options.interrupted = interrupted;
  return exact_error(verify::certify(model::multiply_out(model), options));
}

std::string to_string(const ExactError& error) {
  if (error.exact()) return error.at_most == 0 ? "0 of all pairs" : fmt::format("{:.3g}", error.upper());
  return fmt::format("{:.2g} .. {:.2g}", error.lower(), error.upper());
}

nlohmann::json json(const ExactError& error) {
  return {{"total", verify::to_string(error.total)},
          {"at_least", verify::to_string(error.at_least)},
          {"at_most", verify::to_string(error.at_most)}};
}

ExactError exact_error_from_json(const nlohmann::json& json) {
  return {count_of(json.at("total")), count_of(json.at("at_least")), count_of(json.at("at_most"))};
}

}  // namespace carryscope::train
