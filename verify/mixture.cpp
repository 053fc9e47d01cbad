#include "verify/mixture.h"

#include <cmath>

#include <fmt/format.h>

#include "model/checkpoint/json_text.h"
#include "model/error.h"
#include "verify/query/matches.h"
#include "verify/rounding.h"

namespace carryscope::verify {
namespace {

using model::InputError;

constexpr std::size_t kMostStates = 2'000'000;  // of a condition
constexpr double kLeastWeight = 1e-100, kMostWeight = 1e100;

Mixture lengths(int digits) {
  Mixture mixture{"lengths", {}};
  for (int k = 1; k <= digits; ++k) mixture.parts.push_back({1, fmt::format("a < 10^{0} && b < 10^{0}", k)});
  return mixture;
}

Mixture cascades(int digits) {
  Mixture mixture{"cascades", {}};
  for (int k = 0; k <= digits; ++k) mixture.parts.push_back({1, fmt::format("cascade == {}", k)});
  return mixture;
}

Mixture read_file(const std::string& path) {
  const model::Json parsed = model::parse_json(model::read_file(path), path);
  model::JsonObject file(parsed, path, "");
  if (file.text("format") != "carryscope-weights")
    file.reject("format", "is another, expected \"carryscope-weights\"");
  file.integer("version", 1, 1);
  const model::Json& parts = file.take("parts");
  if (!parts.is_array() || parts.empty()) file.reject("parts", "is no list of parts, expected at least one");
  Mixture mixture{path, {}};
  for (const model::Json& entry : parts) {
    model::JsonObject part(entry, path, fmt::format("parts[{}]", mixture.parts.size()));
    mixture.parts.push_back({part.real("weight"), part.text("where")});
    if (const double w = mixture.parts.back().weight; !(w >= kLeastWeight && w <= kMostWeight))
      part.reject("weight", fmt::format("is {}, expected {} to {}", w, kLeastWeight, kMostWeight));
    part.finish();
  }
  file.finish();
  return mixture;
}

query::Expression parse(const Mixture& mixture, const MixturePart& part, const model::Layout& layout) {
  const auto refuse = [&](const std::string& complaint) {
    return InputError(fmt::format("--weights-of {}: '{}': {}", mixture.name, part.where, complaint));
  };
  try {
    query::Expression where = query::parse(part.where, layout);
    if (!where.of_answer && !where.of_first) return where;
  } catch (const InputError& error) {
    throw refuse(std::string(error.what()).substr(2));  // without the dashes of --where
  }
  throw refuse("is about the model's answer, expected a condition on a, b, sum, their digits or the carries");
}

Interval enclose(Count n) {
  const auto near = static_cast<double>(n);
  return {std::nextafter(near, 0.0), std::nextafter(near, kInfinity)};
}

[[gnu::noinline]] Interval share(const std::vector<PartCounts>& parts) {
  Interval sum = 0.0, weights = 0.0;
  for (const PartCounts& p : parts) {
    const Interval total = enclose(p.pairs.total), weight = p.part.weight;
    const Interval least = enclose(p.pairs.wrong) / total;
    const Interval most = enclose(p.pairs.total - p.pairs.correct) / total;
    sum = sum + weight * Interval(least.lower(), most.upper());
    weights = weights + weight;
  }
  return sum / weights;
}

}  // namespace

Mixture read_mixture(const std::string& name_or_path, const model::Layout& layout) {
  Mixture mixture = name_or_path == "lengths"    ? lengths(layout.digits)
                    : name_or_path == "cascades" ? cascades(layout.digits)
                                                 : read_file(name_or_path);
  for (const MixturePart& part : mixture.parts) parse(mixture, part, layout);
  return mixture;
}

std::vector<PartCounts> count(const FailureUnion& failures, const Mixture& mixture,
                              const model::Layout& layout) {
  const FailureDiagram& diagram = failures.diagram();
  std::vector<PartCounts> counts;
  for (const MixturePart& part : mixture.parts) {
    const query::Expression where = parse(mixture, part, layout);
    query::Condition condition(where, layout.digits, kMostStates);
    std::vector<Count> by_group;
    for (int group = 0; group <= diagram.groups(); ++group) {
      std::vector<bool> only(static_cast<std::size_t>(diagram.groups()) + 1, false);
      only[static_cast<std::size_t>(group)] = true;
      by_group.push_back(query::Matches(diagram, failures.root(), only, condition, layout, -1).count());
    }
    counts.push_back({part, failures.counts(by_group)});
    if (counts.back().pairs.total == 0)
      throw InputError(
          fmt::format("--weights-of {}: no pair meets '{}'; leave that part out", mixture.name, part.where));
  }
  return counts;
}

Interval wrong_share(const std::vector<PartCounts>& parts) {
  const RoundUpward upward;
  return share(parts);
}

}  // namespace carryscope::verify
