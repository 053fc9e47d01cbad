#include "reports/page.h"

#include <algorithm>

#include <fmt/format.h>

#include "reports/assets.h"
#include "reports/chart.h"
#include "reports/error.h"
#include "reports/pack.h"
#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

// A sweep's folder is about its seeds, not about one model: what it has no record of it does not lack.
bool is_sweep(const Records& records) { return records.find("seeds") && !records.find("model"); }

bool has_something(const Section& section, const Records& records) {
  return std::ranges::any_of(panels(), [&](const Panel& panel) {
    return panel.section == section.id && records.find(panel.record);
  });
}

void draw(const Panel& panel, const Records& records, Sheet& sheet) {
  const json* const record = records.find(panel.record);
  if (!record && (panel.optional || is_sweep(records))) return;
  if (!panel.title.empty()) sheet.html(fmt::format("<h3>{}</h3>\n", panel.title));
  if (!record) {
    sheet.html(fmt::format("<p class=missing>Not computed here. <code>{}</code> makes it.</p>\n",
                           escape(command_for(panel.record))));
    return;
  }
  if (record->is_object() && record->contains("refused")) {
    sheet.html(
        fmt::format("<p class=missing>Refused: {}</p>\n", escape(record->at("refused").get<std::string>())));
    return;
  }
  try {
    for (const Chart& chart : charts())
      if (chart.record == panel.record && chart.panel == panel.title) draw(chart, *record, sheet);
    panel.draw(*record, records, sheet);
  } catch (const json::exception& error) {
    throw BadRecord(fmt::format("{}: record {} has not the expected fields ({}); make it again: {}",
                                records.name, panel.record, error.what(), command_for(panel.record)));
  }
}

std::string subtitle(const Records& records) {
  if (is_sweep(records)) return counted(records.find("seeds")->size(), "seed");
  const json* const model = records.find("model");
  const json* const certify = records.find("certify");
  const json* const any = model ? model : certify;
  if (!any || !any->is_object()) return "";
  const json parameters = any->value("parameters", json());
  return parameters.is_number_integer() ? fmt::format("{} parameters", parameters.get<int>()) : "";
}

std::string packed(const json& data) {
  return base64(gzip(data.dump(-1, ' ', false, json::error_handler_t::replace)));
}

std::string navigation(const Body& body) {
  std::string out = "<nav aria-label=Sections><ol>";
  for (const auto& [id, title] : body.contents)
    out += fmt::format("<li><a href=\"#{}\">{}</a></li>", id, title);
  return out + "</ol></nav>\n";
}

}  // namespace

bool has_charts() { return !plotly_base64().empty(); }

std::string shell(const Body& body) {
  std::string out = "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n";
  out += "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n";
  // Nothing is fetched: the browser itself refuses.
  out +=
      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'; img-src data: blob:\">\n";
  out += fmt::format("<title>{} · Carryscope</title>\n<style>\n{}</style>\n", escape(body.title), style());
  out += "</head>\n<body>\n<a class=skip href=\"#main\">Skip to the content</a>\n";
  out += fmt::format(
      "<header><p class=program>Carryscope</p><h1>{}</h1><p class=subtitle>{}</p>"
      "<button type=button id=theme>Dark</button></header>\n",
      escape(body.title), escape(body.subtitle));
  out += navigation(body) + "<main id=main>\n" + body.html + "</main>\n";
  out += fmt::format("<script type=\"application/gzip\" id=data>{}</script>\n", packed(body.data));
  out += "<script type=\"application/gzip\" id=plotly>" + plotly_base64() + "</script>\n";
  for (const std::string_view script : scripts()) out += fmt::format("<script>\n{}</script>\n", script);
  return out + "</body>\n</html>\n";
}

std::string page(const Records& records) {
  Sheet sheet;
  Body body{records.name, subtitle(records), "", {}, {}};
  for (const Section& section : sections()) {
    if (is_sweep(records) && !has_something(section, records)) continue;
    sheet.html(
        fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-title\"><h2 id=\"{0}-title\">{1}</h2>\n",
                    section.id, section.title));
    if (!section.lead.empty()) sheet.html(fmt::format("<p class=lead>{}</p>\n", section.lead));
    for (const Panel& panel : panels())
      if (panel.section == section.id) draw(panel, records, sheet);
    if (section.id == "provenance") draw_provenance(records, sheet);
    sheet.html("</section>\n");
    body.contents.emplace_back(section.id, section.title);
  }
  body.html = sheet.body();
  body.data = sheet.data();
  return shell(body);
}

}  // namespace carryscope::reports
