// The verdict: exact accuracy, what it means, the smallest margin, the hashes that it is about.
#include <fmt/format.h>

#include "reports/certified.h"
#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

std::string fact(const std::string& name, const std::string& value, const std::string& note) {
  return fmt::format("<div><dt>{}</dt><dd class=big>{}<small>{}</small></dd></div>\n", name, value, note);
}

// May break after a comma.
std::string breakable(std::string number) {
  for (std::size_t at = 0; (at = number.find(',', at)) != std::string::npos; at += 6)
    number.insert(at + 1, "<wbr>");
  return number;
}

std::string accuracy(const Counts& n) {
  if (n.undecided + n.rounding == 0) return share(n.correct, n.total);
  return share(n.correct, n.total) + " to " + share(n.total - n.wrong, n.total);
}

std::string smallest_margin(const json& margin) {
  if (margin.is_null()) return fact("Smallest margin", "not known", "not asked for, or out of time");
  const auto bound = [](const json& x) { return x.is_null() ? "unbounded" : number(x.get<double>(), 6); };
  const std::string low = bound(margin.at("low")), high = bound(margin.at("high"));
  return fact(
      "Smallest margin, logits", low == high ? low : low + " to " + high,
      fmt::format("the true digit’s logit minus the best other one, least over all pairs and steps: at "
                  "step {} of {} + {}",
                  margin.at("step").get<int>(), margin.at("a").dump(), margin.at("b").dump()));
}

std::string certificate(const Records& records) {
  const json* const found = records.find("certificate");
  if (!found)
    return fact("Certificate", "none here", "<code>carryscope certify MODEL --certificate MODEL.cert</code>");
  return fact("Certificate", grouped(found->at("bytes").get<std::uint64_t>()) + " bytes",
              "sha256 <code>" + escape(found->at("sha256").get<std::string>()) +
                  "</code>; <code>carryscope-check</code> checks it");
}

}  // namespace

void draw_verdict(const json& certify, const Records& records, Sheet& sheet) {
  const Counts n(certify.at("pairs"));
  const Verdict said = verdict(certify);
  sheet.html(
      fmt::format("<div class=\"verdict {}\"><p class=headline>{}.</p><p>Exact accuracy <span class=\"exact "
                  "mono\">{}</span></p>"
                  "<p>Semantics {}.</p></div>\n<dl class=facts>\n",
                  said.tone, said.sentence, accuracy(n), semantics(certify)));
  sheet.html(fact("Correct pairs", breakable(grouped(n.correct)), "of " + grouped(n.total)));
  sheet.html(
      fact("Wrong pairs", breakable(grouped(n.wrong)), n.wrong > 0 ? one_in(n.wrong, n.total) : "not one"));
  if (n.rounding > 0) sheet.html(fact("Depend on rounding", grouped(n.rounding), share(n.rounding, n.total)));
  if (n.undecided > 0) sheet.html(fact("Undecided", grouped(n.undecided), share(n.undecided, n.total)));
  sheet.html(smallest_margin(certify.at("smallest_margin")));
  sheet.html(certificate(records));
  sheet.html(fact(
      "Model", grouped(certify.at("parameters").get<unsigned>()) + " parameters",
      "sha256 of its meaning <code>" + escape(certify.at("model_sha256").get<std::string>()) + "</code>"));
  sheet.html("</dl>\n");
}

}  // namespace carryscope::reports
