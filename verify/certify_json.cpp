#include "verify/certify_json.h"

#include <cmath>

#include "model/checkpoint/sha256.h"
#include "model/decoder.h"

namespace carryscope::verify {
namespace {

using nlohmann::ordered_json;

ordered_json counts_json(const Counts& n) {
  return {{"total", to_string(n.total)},
          {"correct", to_string(n.correct)},
          {"wrong", to_string(n.wrong)},
          {"undecided", to_string(n.undecided)},
          {"rounding_dependent", to_string(n.rounding)}};
}

ordered_json ulps_json(const Certification& result) {
  if (result.semantics == Semantics::real) return nullptr;
  const LibraryUlps& ulps = result.ulps;
  return {{"exp", ulps.exp},
          {"erf", ulps.erf},
          {"tanh", ulps.tanh},
          {"sqrt", ulps.sqrt},
          {"sincos", ulps.sincos}};
}

ordered_json reference_json(const std::optional<OpenPairs>& open) {
  if (!open) return nullptr;
  return {{"correct", to_string(open->correct)}, {"wrong", to_string(open->wrong)}};
}

ordered_json step_json(const StepCounts& step) {
  return {{"step", step.step},
          {"place", step.place},
          {"pairs", counts_json(step.own)},
          {"first_failures", to_string(step.first_failures)},
          {"nodes", step.nodes}};
}

// c_n ... c_1 as bits, the highest place first, as operands are written.
std::string carries_text(std::size_t bits, int digits) {
  std::string text;
  for (int place = digits; place >= 1; --place) text += (bits >> (place - 1) & 1) ? '1' : '0';
  return text;
}

ordered_json example_json(const Region& region) {
  return {{"a", region.example.a},
          {"b", region.example.b},
          {"sum", region.example.a + region.example.b},
          {"prediction", region.predicted ? ordered_json(*region.predicted) : ordered_json(nullptr)}};
}

ordered_json region_json(const Region& region) {
  return {{"step", region.step},
          {"pattern", pattern(region.cube)},
          {"pairs", to_string(region.pairs)},
          {"first_failures", to_string(region.first_failures)},
          {"example", example_json(region)}};
}

ordered_json margin_json(const std::optional<SmallestMargin>& smallest) {
  if (!smallest) return nullptr;
  const auto bound = [](double x) { return std::isfinite(x) ? ordered_json(x) : ordered_json(nullptr); };
  return {{"low", bound(smallest->margin.lower())},
          {"high", bound(smallest->margin.upper())},
          {"a", smallest->pair.a},
          {"b", smallest->pair.b},
          {"step", smallest->step}};
}

ordered_json mixture_json(const Certification& result) {
  if (result.mixture.empty()) return nullptr;
  ordered_json parts = ordered_json::array();
  for (const PartCounts& p : result.by_part)
    parts.push_back({{"weight", p.part.weight}, {"where", p.part.where}, {"pairs", counts_json(p.pairs)}});
  const Interval wrong = wrong_share(result.by_part);
  return {{"name", result.mixture},
          {"wrong", {{"low", wrong.lower()}, {"high", wrong.upper()}}},
          {"parts", parts}};
}

template <class List, class ToJson>
ordered_json array_of(const List& list, ToJson&& to_json_of) {
  ordered_json rows = ordered_json::array();
  for (std::size_t i = 0; i < list.size(); ++i) rows.push_back(to_json_of(i, list[i]));
  return rows;
}

}  // namespace

ordered_json to_json(const model::Decoder& decoder, const Certification& result) {
  ordered_json out;
  out["format"] = "carryscope-certify";
  out["version"] = 1;
  out["model"] = decoder.name;
  out["parameters"] = decoder.parameters;
  out["digits"] = result.digits;
  out["model_sha256"] = model::sha256(decoder);
  out["semantics"] = result.semantics == Semantics::real ? "real" : "float32";
  out["ulps"] = ulps_json(result);
  out["exact"] = result.exact;
  out["pairs"] = counts_json(result.pairs);
  out["by_reference"] = reference_json(result.by_reference);
  out["steps"] = array_of(result.steps, [](std::size_t, const StepCounts& step) { return step_json(step); });
  out["by_cascade"] = array_of(result.by_cascade, [](std::size_t k, const Counts& n) {
    ordered_json row{{"class", k}};
    row.update(counts_json(n));
    return row;
  });
  out["by_carries"] = array_of(result.by_carries, [&](std::size_t bits, const Counts& n) {
    ordered_json row{{"carries", carries_text(bits, result.digits)}};
    row.update(counts_json(n));
    return row;
  });
  out["weights_of"] = mixture_json(result);
  out["regions"] =
      array_of(result.regions, [](std::size_t, const Region& region) { return region_json(region); });
  out["region_count"] = result.region_count;
  out["smallest_margin"] = margin_json(result.smallest);
  out["seconds"] = result.seconds;
  out["nodes"] = result.nodes;
  return out;
}

}  // namespace carryscope::verify
