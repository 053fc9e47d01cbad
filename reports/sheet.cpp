#include "reports/sheet.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/error.h"

namespace carryscope::reports {
namespace {

// Without tags: for attributes.
std::string text_of(const std::string& html) {
  std::string text;
  bool inside = false;
  for (const char c : html) {
    if (c == '<') inside = true;
    if (!inside) text += c;
    if (c == '>') inside = false;
  }
  return text;
}

std::string choices_html(const std::vector<Choice>& choices) {
  std::string out = "<form class=filters>";
  for (const Choice& choice : choices) {
    out += "<label>" + escape(choice.label) + " <select>";
    for (std::size_t i = 0; i < choice.options.size(); ++i)
      out += fmt::format("<option value={}>{}</option>", i, escape(choice.options[i]));
    out += "</select></label> ";
  }
  return out + "</form>";
}

}  // namespace

nlohmann::json log_axis(const std::string& title, double low, double high) {
  const double first = std::floor(std::log10(low)), last = std::max(std::ceil(std::log10(high)), first + 1);
  return {{"title", title},
          {"type", "log"},
          {"exponentformat", "power"},
          {"range", {first - 0.1, last + 0.1}},
          {"dtick", std::max(1.0, std::ceil((last - first) / 10))}};
}

void Sheet::folded(const std::string& summary, const Table& table) {
  html_ += "<details><summary>" + escape(summary) + "</summary>" + reports::html(table) + "</details>\n";
}

void Sheet::frame(const Figure& figure, const std::vector<Choice>& choices) {
  ensure(!data_["figures"].contains(figure.id), "a figure's id is its own");
  html_ += fmt::format(
      "<figure data-figure=\"{}\">{}<div class=plot role=img aria-label=\"{}\" style=\"height:{}px\"></div>"
      "<figcaption><b>{}.</b> {}</figcaption></figure>\n",
      figure.id, choices.empty() ? "" : choices_html(choices), text_of(figure.title + ". " + figure.text),
      figure.height, figure.title, figure.text);
}

void Sheet::figure(const Figure& figure) {
  frame(figure, {});
  data_["figures"][figure.id] = {{"data", figure.data}, {"layout", figure.layout}};
}

void Sheet::figure(const Figure& figure, const std::vector<Choice>& choices, nlohmann::json variants) {
  std::size_t combinations = 1;
  for (const Choice& choice : choices) combinations *= choice.options.size();
  ensure(variants.size() == combinations, "a figure has a variant for each combination of options");
  frame(figure, choices);
  data_["figures"][figure.id] = {{"variants", std::move(variants)}, {"layout", figure.layout}};
}

}  // namespace carryscope::reports
