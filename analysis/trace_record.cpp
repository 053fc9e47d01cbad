// The record `trace`: a few additions that show how the model adds, and where it fails.
#include "analysis/analyses.h"
#include "analysis/trace.h"

namespace carryscope::analysis {
namespace {

constexpr std::size_t kFailures = 3;

struct Example {
  std::string why;
  model::Pair pair;
};

std::vector<Example> examples(const Subject& subject) {
  const int digits = subject.decoder().layout.digits;
  const std::uint64_t nines = model::power_of_ten(digits) - 1;
  std::vector<Example> list{{"the longest cascade", {nines, 1}},
                            {"no carry", {nines / 9 * 4, nines / 9 * 5}}};
  const verify::Certification& certified = subject.certification();
  if (certified.smallest) list.push_back({"the smallest margin", certified.smallest->pair});
  for (std::size_t r = 0; r < std::min(kFailures, certified.regions.size()); ++r)
    list.push_back({"in failing region " + std::to_string(r + 1), certified.regions[r].example});
  return list;
}

}  // namespace

Json trace(const Subject& subject) {
  const Tracer tracer(subject);
  Json out{{"traces", Json::array()}};
  for (const Example& e : examples(subject)) {
    out["traces"].push_back({{"why", e.why}});
    out["traces"].back().update(tracer(e.pair));
  }
  return out;
}

}  // namespace carryscope::analysis
