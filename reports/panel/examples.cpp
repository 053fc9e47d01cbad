// Telling sums, each a button that traces it in the page.
#include <fmt/format.h>

#include "reports/panel/panel.h"

namespace carryscope::reports {

void draw_examples(const nlohmann::json& trace, const Records&, Sheet& sheet) {
  std::string buttons;
  for (const nlohmann::json& example : trace.at("traces")) {
    const bool right = example.at("first_wrong_step").is_null();
    buttons += fmt::format(
        "<li><button type=button data-a=\"{0}\" data-b=\"{1}\">{0} + {1}</button> {2}, <b "
        "class={3}>{4}</b></li>\n",
        example.at("a").get<std::uint64_t>(), example.at("b").get<std::uint64_t>(),
        escape(example.at("why").get<std::string>()), right ? "good" : "bad", right ? "right" : "wrong");
  }
  sheet.html("<ul class=examples>" + buttons + "</ul>\n");
}

}  // namespace carryscope::reports
