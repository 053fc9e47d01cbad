// The three comparisons of repair_change.h.
#include "cli/repair_change.h"

#include <cmath>

#include "analysis/difference.h"

namespace carryscope::cli {
namespace {

using nlohmann::json;

json moved(const model::Factored& before, const model::Factored& after) {
  json out = json::object();
  for (std::size_t t = 0; t < before.tensors.size(); ++t) {
    double square = 0;
    for (std::size_t i = 0; i < before.tensors[t].values.size(); ++i)
      square += std::pow(after.tensors[t].values[i] - before.tensors[t].values[i], 2);
    out[before.tensors[t].name] = std::sqrt(square);
  }
  return out;
}

json margin(const analysis::Subject& subject) {
  const auto& smallest = subject.certification().smallest;
  return smallest ? json{smallest->margin.lower(), smallest->margin.upper()} : json();
}

}  // namespace

json repair_change(const model::Checkpoint& before, const model::Checkpoint& after, double seconds,
                   int threads) {
  analysis::Options options;
  options.threads = threads;
  options.time_limit = seconds;
  const analysis::Subject first(before, options), second(after, options);
  const analysis::Difference difference = analysis::difference(first, second);
  return {{"moved", moved(*before.factored, *after.factored)},
          {"answers",
           {{"alike", verify::to_string(difference.alike)},
            {"different", verify::to_string(difference.differ)},
            {"undecided", verify::to_string(difference.undecided)}}},
          {"margin", {{"before", margin(first)}, {"after", margin(second)}}}};
}

}  // namespace carryscope::cli
