#include "reports/markdown.h"

#include <algorithm>

#include <fmt/format.h>

#include "reports/certified.h"
#include "reports/error.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

// In a table cell of Markdown nothing but text.
std::string cell(std::string text) {
  for (char& c : text)
    if (c == '|' || c == '<' || c == '\n') c = ' ';
  return text;
}

std::string example(const json& region) {
  const json& example = region.at("example");
  return fmt::format("{} + {} = {}, the model says {}", example.at("a").dump(), example.at("b").dump(),
                     example.at("sum").dump(),
                     example.at("prediction").is_null() ? "no number" : example.at("prediction").dump());
}

std::string of_model(const Records& records) {
  std::string out = fmt::format("## {}\n\n", cell(records.name));
  const json* const certify = records.find("certify");
  if (!certify || !certify->contains("pairs"))
    return out + "Not certified: `" + command_for("certify") + "` does it.\n";
  const Counts n(certify->at("pairs"));
  const json& smallest = certify->at("smallest_margin");
  out += fmt::format("**{}.** Semantics {}.\n\n", verdict(*certify).sentence,
                     certify->at("semantics").get<std::string>());
  out += fmt::format(
      "| pairs | |\n|---|---:|\n| correct | {} |\n| wrong | {} |\n| depend on rounding | {} |\n"
      "| undecided | {} |\n| all | {} |\n\n",
      grouped(n.correct), grouped(n.wrong), grouped(n.rounding), grouped(n.undecided), grouped(n.total));
  if (smallest.is_object() && smallest.at("low").is_number())
    out += fmt::format("Smallest margin: {} logits, at step {} of {} + {}.\n\n",
                       number(smallest.at("low").get<double>(), 6), smallest.at("step").dump(),
                       smallest.at("a").dump(), smallest.at("b").dump());
  const json& regions = certify->at("regions");
  if (!regions.empty()) out += "| failing region | pairs | for example |\n|---|---:|---|\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(regions.size(), 5); ++i)
    out += fmt::format("| step {}: `{}` | {} | {} |\n", regions[i].at("step").dump(),
                       cell(regions[i].at("pattern").get<std::string>()),
                       grouped(count(regions[i].at("pairs"))), example(regions[i]));
  return out + fmt::format("\nmodel sha256 `{}`\n", certify->at("model_sha256").get<std::string>());
}

}  // namespace

std::string markdown(const std::vector<Records>& models) {
  std::string out;
  for (const Records& records : models) try {
      out += (out.empty() ? "" : "\n") + of_model(records);
    } catch (const json::exception& error) {
      throw BadRecord(fmt::format("{}: record certify has not the expected fields ({}); make it again: {}",
                                  records.name, error.what(), command_for("certify")));
    }
  return out;
}

}  // namespace carryscope::reports
