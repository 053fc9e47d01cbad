// The trace of any sum: a form; the page's script runs the model on what is typed (assets/trace.js).
#include <fmt/format.h>

#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

// The most telling sum at hand: an example of the largest failing region, else the smallest margin's.
std::pair<std::string, std::string> first_sum(const Records& records, std::size_t digits) {
  if (const json* const certify = records.find("certify"); certify && certify->contains("regions")) {
    const json& regions = certify->at("regions");
    const json& at = regions.empty() ? certify->at("smallest_margin") : regions[0].at("example");
    if (at.is_object()) return {at.at("a").dump(), at.at("b").dump()};
  }
  return {std::string(digits, '9'), "1"};
}

}  // namespace

void draw_trace(const json& model, const Records& records, Sheet& sheet) {
  const auto [a, b] = first_sum(records, model.at("layout").at("digits").get<std::size_t>());
  sheet.html(fmt::format(
      "<form id=trace-form><label>a <input name=a inputmode=numeric autocomplete=off value=\"{}\"></label>"
      "<span aria-hidden=true>+</span><label>b <input name=b inputmode=numeric autocomplete=off value=\"{}\">"
      "</label><button type=submit>Trace</button></form>\n<div id=trace-out aria-live=polite></div>\n",
      a, b));
  sheet.data("model", model);
}

}  // namespace carryscope::reports
