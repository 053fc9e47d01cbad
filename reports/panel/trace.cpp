// The trace of any sum: a form; the page's script runs the model on what is typed (assets/trace.js).
#include <fmt/format.h>

#include "model/addition.h"
#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

// The most telling sum at hand: an example of the largest failing region, else the smallest margin's.
model::Pair first_sum(const Records& records, int digits) {
  const std::uint64_t end = model::power_of_ten(digits);
  if (const json* const certify = records.find("certify"); certify && certify->contains("regions")) {
    const json& regions = certify->at("regions");
    const json& at = regions.empty() ? certify->at("smallest_margin") : regions[0].at("example");
    if (at.is_object()) return {at.at("a").get<std::uint64_t>(), at.at("b").get<std::uint64_t>()};
  }
  return {end - 1, 1};
}

}  // namespace

void draw_trace(const json& model, const Records& records, Sheet& sheet) {
  const int digits = model.at("layout").at("digits").get<int>();
  const model::Pair pair = first_sum(records, digits);
  sheet.html(fmt::format(
      "<form id=trace-form><label>a <input name=a inputmode=numeric autocomplete=off value=\"{}\"></label>"
      "<span aria-hidden=true>+</span><label>b <input name=b inputmode=numeric autocomplete=off value=\"{}\">"
      "</label><button type=submit>Trace</button></form>\n<div id=trace-out aria-live=polite></div>\n",
      pair.a, pair.b));
  sheet.data("model", model);
}

}  // namespace carryscope::reports
