// The rule that the model follows, as a program, and on how many of all pairs it answers as the model does.
#include <fmt/format.h>

#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

std::string agreement(const json& program) {
  const Count total = count(program.at("total")), agree = count(program.at("agree")),
              disagree = count(program.at("disagree")), undecided = count(program.at("undecided"));
  std::string out =
      fmt::format("Answers as the model does on {} of {} pairs", grouped(agree), power_of_ten(total));
  if (disagree == 0 && undecided == 0) return out + ": on every one, proven";
  if (disagree > 0) out += fmt::format(", otherwise on {} ({})", grouped(disagree), one_in(disagree, total));
  return undecided == 0 ? out : out + fmt::format("; {} are undecided", grouped(undecided));
}

}  // namespace

void draw_program(const json& program, const Records& records, Sheet& sheet) {
  sheet.paragraph("<b>" + agreement(program) + ".</b>");
  for (const auto& [name, text] : program.at("files").items())
    sheet.html(fmt::format("<details{}><summary>{}</summary><pre class=code tabindex=0>{}</pre></details>\n",
                           name == "program.txt" ? " open" : "", escape(name),
                           escape(text.get<std::string>())));
  json rest = program;
  rest.erase("files");
  draw_tables(rest, records, sheet);
}

}  // namespace carryscope::reports
