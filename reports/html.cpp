#include "reports/html.h"

#include <fmt/format.h>

namespace carryscope::reports {

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

namespace {

std::string row_html(const Table& table, const Row& row) {
  std::string out = "<tr";
  for (const auto& [key, value] : row.keys) out += fmt::format(" data-{}=\"{}\"", key, escape(value));
  out += ">";
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const char* const kind = table.columns[i].numeric ? " class=number" : "";
    out += i == 0 ? fmt::format("<th scope=row{}>{}</th>", kind, row.cells[i])
                  : fmt::format("<td{}>{}</td>", kind, row.cells[i]);
  }
  return out + "</tr>\n";
}

}  // namespace

std::string html(const Table& table) {
  std::string out = fmt::format(
      "<div class=table id=\"{}\"><div class=scroll tabindex=0 role=region aria-label=\"{}\"><table>\n"
      "<caption>{}</caption>\n<thead><tr>",
      table.id, escape(table.caption), escape(table.caption));
  for (const Column& column : table.columns)
    out += fmt::format("<th scope=col{}>{}</th>", column.numeric ? " class=number" : "", column.title);
  out += "</tr></thead>\n<tbody>\n";
  for (const Row& row : table.rows) out += row_html(table, row);
  return out + "</tbody></table></div></div>\n";
}

std::string html(const std::vector<Filter>& filters, const std::string& id) {
  std::string out = fmt::format("<form class=filters data-filters=\"{}\">\n", id);
  for (const Filter& filter : filters) {
    out += fmt::format("<label>{} <select name=\"{}\">", filter.label, filter.key);
    for (const auto& [value, label] : filter.options)
      out += fmt::format("<option value=\"{}\">{}</option>", escape(value), escape(label));
    out += "</select></label>\n";
  }
  return out + "<output></output></form>\n";
}

}  // namespace carryscope::reports
