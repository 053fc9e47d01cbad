// The failure atlas: failing regions by mass, each with a replayed example, filtered by step, by the
// example's cascade and by the size of its error.
#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "reports/certified.h"
#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kShown = 250;  // a row is some 1.6 kB; the record has up to 1,000

// "a=..[0-2]1  s=.3." as a grid: a line for each name, a column for each place, the ones last.
std::string grid(const std::string& pattern, int digits) {
  std::string out = fmt::format(
      "<div class=\"places mono\" style=\"grid-template-columns:repeat({},max-content)\">", digits + 2);
  std::size_t at = 0;
  while ((at = pattern.find('=', at)) != std::string::npos && at > 0) {
    const char name = pattern[at - 1];
    std::vector<std::string> cells;
    while (++at < pattern.size() && pattern[at] != ' ') {
      const std::size_t end = pattern[at] == '[' ? pattern.find(']', at) : at;
      if (end == std::string::npos) break;
      cells.push_back(pattern.substr(at, end - at + 1));
      at = end;
    }
    out += fmt::format("<span class=name>{}</span>", name);
    const auto columns = static_cast<std::size_t>(digits) + 1;
    for (std::size_t i = cells.size(); i < columns; ++i) out += "<span></span>";
    for (const std::string& cell : cells)
      out +=
          fmt::format("<span{}>{}</span>", cell == "." ? " class=any" : "", escape(cell == "." ? "·" : cell));
  }
  return out + "</div>";
}

struct Example {
  std::uint64_t a, b, sum;
  std::optional<std::uint64_t> said;

  explicit Example(const json& example) : a(example.at("a")), b(example.at("b")), sum(example.at("sum")) {
    if (!example.at("prediction").is_null()) said = example.at("prediction").get<std::uint64_t>();
  }
  std::string error() const {
    return said ? signed_grouped(static_cast<__int128>(*said) - static_cast<__int128>(sum)) : "no number";
  }
  // Its class S0, S1, ...: the most places that one carry is generated at and passed on through.
  int cascade() const {
    int longest = 0, run = 0;
    for (std::uint64_t x = a, y = b; x > 0 || y > 0; x /= 10, y /= 10) {
      const std::uint64_t both = x % 10 + y % 10;
      const bool passes = both == 9 && run > 0;
      run = both >= 10 ? 1 : passes ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    return longest;
  }
  std::string html() const {
    return fmt::format(
        "<span class=mono>{} + {} = {}</span><br>the model says <span class=\"mono wrong\">{}</span> "
        "<button type=button data-a=\"{}\" data-b=\"{}\">Trace</button>",
        a, b, sum, said ? std::to_string(*said) : "no number", a, b);
  }
};

using Options = std::map<std::string, std::string>;  // value -> label

Filter filter(const std::string& key, const std::string& label, const Options& options) {
  Filter out{key, label, {{"", "all"}}};
  out.options.insert(out.options.end(), options.begin(), options.end());
  return out;
}

}  // namespace

void draw_regions(const json& certify, const Records&, Sheet& sheet) {
  const json& regions = certify.at("regions");
  const int digits = certify.at("digits").get<int>();
  const auto all = certify.at("region_count").get<std::uint64_t>();
  if (all == 0) {
    sheet.paragraph(Counts(certify.at("pairs")).undecided == 0
                        ? "No pair fails, so there is no region to show."
                        : "No failing region was found before the time was up; undecided pairs remain.");
    return;
  }
  Table table{
      "regions",
      fmt::format("{} of {} failing regions, largest first", std::min(regions.size(), kShown), grouped(all)),
      {{"Rank"},
       {"Pairs, all wrong", true},
       {"Step", true},
       {"Digits and carries; · is any digit"},
       {"Example"},
       {"Error", true}},
      {}};
  Options steps, cascades, errors;
  for (const json& region : regions) {
    if (table.rows.size() == kShown) break;
    const Example example(region.at("example"));
    const int step = region.at("step").get<int>();
    const int cascade = example.cascade();
    const std::string key = fmt::format("{:02}", step), cascade_key = fmt::format("{:02}", cascade);
    steps[key] = std::to_string(step);
    cascades[cascade_key] = "S" + std::to_string(cascade);
    errors[example.error()] = example.error();
    table.rows.push_back(
        {{std::to_string(table.rows.size() + 1), grouped(count(region.at("pairs"))), std::to_string(step),
          grid(region.at("pattern").get<std::string>(), digits), example.html(), example.error()},
         {{"step", key}, {"cascade", cascade_key}, {"error", example.error()}}});
  }
  sheet.html(html({filter("step", "Fails at step", steps), filter("cascade", "Example’s cascade", cascades),
                   filter("error", "Example’s error", errors)},
                  table.id));
  sheet.table(table);
}

}  // namespace carryscope::reports
