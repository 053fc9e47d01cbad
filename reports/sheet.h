// Sheet: what a panel draws on. Figures are Plotly's declarative JSON, shown by the page's script.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "reports/html.h"

namespace carryscope::reports {

// Colours in data and layout may be roles of the page's theme: "@good", "@bad", "@maybe", "@accent", "@soft",
// "@ink", "@line"; colour scales "@sequential" and "@diverging". The page resolves them in light and dark.
struct Figure {
  std::string id;  // unique in the page; the name of its SVG and PNG files
  std::string title;
  std::string text;  // HTML: what is to be seen, in words and numbers; also the text alternative
  nlohmann::json data = nlohmann::json::array();
  nlohmann::json layout = nlohmann::json::object();
  int height = 340;  // pixels
};

// An axis for positive values between low and high: whole decades, one tick each (at most about ten).
nlohmann::json log_axis(const std::string& title, double low, double high);

// A figure with drop-downs: one figure's data for each combination of options.
struct Choice {
  std::string label;
  std::vector<std::string> options;
};

class Sheet {
 public:
  void html(const std::string& html) { html_ += html; }
  void paragraph(const std::string& html) { html_ += "<p>" + html + "</p>\n"; }
  void table(const Table& table) { html_ += reports::html(table); }
  // A table behind a line that opens it.
  void folded(const std::string& summary, const Table& table);
  void figure(const Figure& figure);
  // variants: as many as there are combinations, the last choice running fastest; each {"data": [...]},
  // with "title" text beside it where it says more than the options. figure.data is not used.
  void figure(const Figure& figure, const std::vector<Choice>& choices, nlohmann::json variants);
  // What scripts need, under a key of the page's data.
  void data(const std::string& key, nlohmann::json value) { data_[key] = std::move(value); }

  const std::string& body() const { return html_; }
  const nlohmann::json& data() const { return data_; }

 private:
  void frame(const Figure& figure, const std::vector<Choice>& choices);

  std::string html_;
  nlohmann::json data_ = nlohmann::json::object();  // "figures": {id: {...}}, others as given
};

}  // namespace carryscope::reports
