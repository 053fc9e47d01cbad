// Provenance: for each record its command, program, inputs and machine. Times are left out: they differ from
// run to run, and the page must not.
#include <fmt/format.h>

#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

std::string words(const json& command) {
  std::string out;
  for (const json& word : command) out += (out.empty() ? "" : " ") + word.get<std::string>();
  return "<code>" + escape(out) + "</code>";
}

std::string inputs(const json& list) {
  std::string out;
  for (const json& input : list)
    out += fmt::format("{}{} <code>{}</code>", out.empty() ? "" : "<br>",
                       escape(input.at("path").get<std::string>()),
                       escape(input.at("sha256").get<std::string>()));
  return out;
}

}  // namespace

void draw_provenance(const Records& records, Sheet& sheet) {
  Table table{"provenance",
              "Records on this page",
              {{"Record"}, {"Command"}, {"Program"}, {"Inputs, sha256"}, {"Compiler"}, {"Machine"}},
              {}};
  for (const auto& [name, content] : records.by_name) {
    if (!content.is_object() || !content.contains("record")) continue;
    const json& record = content.at("record");
    const json& machine = record.at("machine");
    table.rows.push_back(
        {{name, words(record.at("command")),
          escape(record.at("program").get<std::string>() + " " + record.at("version").get<std::string>()),
          inputs(record.at("inputs")), escape(record.at("compiler").get<std::string>()),
          escape(fmt::format("{}, {} cores, {}", machine.at("processor").get<std::string>(),
                             machine.at("cores").dump(), machine.at("system").get<std::string>()))}});
  }
  if (table.rows.empty())
    sheet.html("<p class=missing>None of the records says how it was made.</p>\n");
  else
    sheet.table(table);
}

}  // namespace carryscope::reports
