// Errors by the pattern of all carries of a pair: the patterns with the largest share of wrong pairs.
#include <algorithm>

#include <fmt/format.h>

#include "reports/certified.h"
#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kShown = 20;

struct Pattern {
  std::string carries;
  Counts counts;
};

}  // namespace

void draw_carries(const json& certify, const Records&, Sheet& sheet) {
  std::vector<Pattern> failing;
  const json& all = certify.at("by_carries");
  for (const json& row : all)
    if (const Counts counts(row); counts.wrong > 0)
      failing.push_back({row.at("carries").get<std::string>(), counts});
  if (failing.empty()) return;
  const auto share_wrong = [](const Pattern& p) { return ratio(p.counts.wrong, p.counts.total); };
  std::ranges::stable_sort(failing, std::ranges::greater(), share_wrong);
  Table table{
      "carries",
      fmt::format("{} of {} patterns of carries have wrong pairs; {} with the largest share", failing.size(),
                  grouped(all.size()), failing.size() > kShown ? fmt::format("the {}", kShown) : "those"),
      {{"Carries, into the highest place first"}, {"Pairs", true}, {"Wrong", true}, {"Share wrong", true}},
      {}};
  for (std::size_t i = 0; i < std::min(failing.size(), kShown); ++i) {
    const Pattern& p = failing[i];
    table.rows.push_back({{"<span class=mono>" + escape(p.carries) + "</span>", grouped(p.counts.total),
                           grouped(p.counts.wrong), number(share_wrong(p))}});
  }
  sheet.folded("By pattern of carries", table);
}

}  // namespace carryscope::reports
