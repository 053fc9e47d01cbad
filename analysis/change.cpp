// The comparisons of change.h.
#include "analysis/change.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/difference.h"
#include "verify/failure_diagram.h"

namespace carryscope::analysis {
namespace {

using nlohmann::json;

constexpr std::size_t kListed = 100, kMostNodes = 1'000'000;

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

// Mended: surely wrong before, surely right now. Broken: the other way round.
json answers(const Subject& before, const Subject& after) {
  const Difference found = difference(before, after);
  const int steps = before.decoder().layout.answer_digits();
  const auto right = [&](const Departure& d) { return d.step == steps; };
  const auto wrong = [&](const Departure& d) { return d.token.has_value(); };
  verify::Count mended = 0, broken = 0;
  for (const DifferenceClass& c : found.classes) {
    if (wrong(c.first) && right(c.second)) mended += c.pairs;
    if (right(c.first) && wrong(c.second)) broken += c.pairs;
  }
  return {{"alike", verify::to_string(found.alike)},
          {"different", verify::to_string(found.differ)},
          {"undecided", verify::to_string(found.undecided)},
          {"mended", verify::to_string(mended)},
          {"broken", verify::to_string(broken)}};
}

// Counts the wrong pairs of a cube; knows nothing where not all failing regions are known or they are too
// many.
class Failing {
 public:
  explicit Failing(const verify::Certification& model)
      : known_(model.exact && model.region_count == model.regions.size()),
        diagram_(model.digits, 1, kMostNodes, unlimited_),
        root_(diagram_.nothing()) {
    std::map<int, std::vector<verify::Cube>> by_step;
    for (const verify::Region& region : model.regions) by_step[region.step].push_back(region.cube);
    try {
      for (const auto& [step, cubes] : by_step) root_ = diagram_.smaller(root_, diagram_.of(cubes, 0));
    } catch (const verify::DiagramTooLarge&) {
      known_ = false;
    }
  }
  json within(const verify::Cube& cube) const {
    return known_ ? json(verify::to_string(diagram_.count(root_, cube)[0])) : json();
  }

 private:
  bool known_;
  verify::Deadline unlimited_{verify::kInfinity};
  verify::FailureDiagram diagram_;
  verify::FailureDiagram::Ref root_;
};

json regions(const verify::Certification& before, const verify::Certification& after) {
  const Failing now(after);
  json listed = json::array();
  for (std::size_t i = 0; i < std::min(kListed, before.regions.size()); ++i) {
    const verify::Region& region = before.regions[i];
    listed.push_back({{"step", region.step},
                      {"pattern", verify::pattern(region.cube)},
                      {"pairs", verify::to_string(region.pairs)},
                      {"still_wrong", now.within(region.cube)}});
  }
  return {{"of", before.region_count}, {"largest", listed}};
}

json margin(const Subject& subject) {
  const auto& smallest = subject.certification().smallest;
  return smallest ? json{smallest->margin.lower(), smallest->margin.upper()} : json();
}

}  // namespace

json change(const model::Checkpoint& before, const model::Checkpoint& after, double seconds, int threads) {
  Options options;
  options.threads = threads;
  options.time_limit = seconds;
  const Subject first(before, options), second(after, options);
  return {{"moved", moved(*before.factored, *after.factored)},
          {"answers", answers(first, second)},
          {"regions", regions(first.certification(), second.certification())},
          {"margin", {{"before", margin(first)}, {"after", margin(second)}}}};
}

}  // namespace carryscope::analysis
