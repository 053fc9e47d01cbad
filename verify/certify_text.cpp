#include "verify/certify_text.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <fmt/format.h>

#include "model/decoder.h"
#include "verify/number_text.h"

namespace carryscope::verify {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kColumns = 100;
constexpr int kShareDecimals = 24;

// Columns as wide as they must be: the first to the left, the others to the right.
std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  std::string text;
  for (const Row& row : rows) {
    std::string line = fmt::format("  {:<{}}", row[0], widths[0]);
    for (std::size_t c = 1; c < row.size(); ++c) line += fmt::format("  {:>{}}", row[c], widths[c]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  for (std::size_t from = 0, to = 0; (to = text.find('\n', from)) != std::string::npos; from = to + 1)
    longest = std::max(longest, to - from);
  return longest;
}

class Writer {
 public:
  Writer(const model::Decoder& decoder, const Certification& result) : decoder_(decoder), result_(result) {}

  std::string text() const {
    return heading() + counts() + meaning() + reference() + tables() + mixture() + regions() + smallest() +
           effort();
  }

 private:
  bool rounds() const { return result_.semantics == Semantics::float32; }
  int exponent() const { return 2 * result_.digits; }
  std::string share(Count part, Towards towards = Towards::below) const {
    return fraction(part, result_.pairs.total, towards);
  }

  std::string heading() const {
    std::string text = fmt::format("{}: {} parameters, {} + {} digits, 10^{} operand pairs\n", decoder_.name,
                                   decoder_.parameters, result_.digits, result_.digits, exponent());
    if (!rounds()) return text + "semantics real: the function of the stored weights over the reals\n\n";
    const LibraryUlps& ulps = result_.ulps;
    return text + fmt::format(
                      "semantics float32: every float32 evaluation, sums in any order, library functions\n"
                      "off by at most: exp {:g} ulp, erf {:g}, tanh {:g}, sqrt {:g}, sin and cos {:g}\n\n",
                      ulps.exp, ulps.erf, ulps.tanh, ulps.sqrt, ulps.sincos);
  }

  std::string counts() const {
    const Counts& n = result_.pairs;
    std::vector<Row> rows{{"", "pairs", fmt::format("of 10^{}", exponent())},
                          {"correct", grouped(n.correct), share(n.correct)},
                          {"wrong", grouped(n.wrong), share(n.wrong)}};
    if (rounds()) rows.push_back({"depends on rounding", grouped(n.rounding), share(n.rounding)});
    rows.push_back({"undecided", grouped(n.undecided), share(n.undecided)});
    rows.push_back({"all", grouped(n.total), share(n.total)});
    return table(rows) + "\n";
  }

  std::string meaning() const {
    const Counts& n = result_.pairs;
    const std::string who = rounds() ? "every float32 evaluation" : "the model";
    const Count most = n.wrong + n.rounding + n.undecided;
    if (most == 0) return fmt::format("EXACT: {} adds all 10^{} pairs correctly.\n", who, exponent());
    if (most == n.wrong)
      return fmt::format("EXACT: {} gets {} pair{} wrong, one in {}.\n", who, grouped(n.wrong),
                         n.wrong == 1 ? "" : "s", grouped(n.total / n.wrong));
    std::string text = "EXACT, up to rounding";
    if (!result_.exact)
      text = fmt::format("A BRACKET, not exact: {} pairs are undecided", grouped(n.undecided));
    const std::string low = grouped(n.wrong), high = grouped(most);
    const std::string proven = fmt::format("Proven: {} gets ", who);
    return text + fmt::format(".\n{}at least {:>{}} pairs wrong ({})\n{:>{}} {} ({}).\n", proven, low,
                              high.size(), share(n.wrong), "and at most", proven.size() + 8, high,
                              share(most, Towards::above));
  }

  std::string reference() const {
    if (!result_.by_reference) return "";
    const auto& [wrong, correct] = *result_.by_reference;
    return fmt::format("Not a proof: of the {} open pairs the reference program gets {} wrong.\n",
                       grouped(wrong + correct), grouped(wrong));
  }

  using Cell = std::function<std::string(Count)>;

  // A table of exact counts or, where those need too many columns, of fractions of all pairs.
  std::string count_table(const std::string& title,
                          const std::function<std::vector<Row>(const Cell&)>& rows) const {
    const std::string exact = table(rows(grouped));
    if (longest_line(exact) <= kColumns) return fmt::format("\n{}\n{}", title, exact);
    const auto share_of = [this](Count n) { return share(n); };
    return fmt::format("\n{}\n(counts as parts of 10^{}; --json has them to the last pair)\n{}", title,
                       exponent(), table(rows(share_of)));
  }

  std::vector<Row> step_rows(const Cell& cell) const {
    std::vector<Row> rows{{"step", "place", "wrong at this step", "wrong here first"}};
    if (rounds()) rows[0].push_back("on rounding");
    rows[0].push_back("undecided");
    for (const StepCounts& s : result_.steps) {
      rows.push_back(
          {std::to_string(s.step), std::to_string(s.place), cell(s.own.wrong), cell(s.first_failures)});
      if (rounds()) rows.back().push_back(cell(s.own.rounding));
      rows.back().push_back(cell(s.own.undecided));
    }
    return rows;
  }

  std::vector<Row> cascade_rows(const Cell& cell) const {
    std::vector<Row> rows{{"class", "pairs", "wrong"}};
    if (rounds()) rows[0].push_back("on rounding");
    rows[0].push_back("undecided");
    rows[0].push_back(result_.exact ? "wrong share" : "wrong share, at least");
    for (std::size_t k = 0; k < result_.by_cascade.size(); ++k) {
      const Counts& n = result_.by_cascade[k];
      rows.push_back({fmt::format("S{}", k), cell(n.total), cell(n.wrong)});
      if (rounds()) rows.back().push_back(cell(n.rounding));
      rows.back().push_back(cell(n.undecided));
      rows.back().push_back(n.total == 0 ? "" : fraction(n.wrong, n.total, Towards::below));
    }
    return rows;
  }

  std::string tables() const {
    return count_table("By step; a wrong pair is charged to the first step that gets it wrong",
                       [this](const Cell& cell) { return step_rows(cell); }) +
           count_table(
               "By longest cascade: in S_k a carry is generated and passes on through k - 1 places that sum "
               "to 9",
               [this](const Cell& cell) { return cascade_rows(cell); });
  }

  std::vector<Row> part_rows(const Cell& cell) const {
    std::vector<Row> rows{{"pairs with", "weight", "pairs", "wrong"}};
    if (rounds()) rows[0].push_back("on rounding");
    rows[0].push_back("undecided");
    for (const auto& [part, n] : result_.by_part) {
      rows.push_back({part.where, fmt::format("{:g}", part.weight), cell(n.total), cell(n.wrong)});
      if (rounds()) rows.back().push_back(cell(n.rounding));
      rows.back().push_back(cell(n.undecided));
    }
    return rows;
  }

  std::string mixture() const {
    if (result_.mixture.empty()) return "";
    const Interval wrong = wrong_share(result_.by_part);
    return count_table(fmt::format("Operands drawn by {}: a row by weight, then a pair of it uniformly",
                                   result_.mixture),
                       [this](const Cell& cell) { return part_rows(cell); }) +
           fmt::format("  A pair drawn so is wrong with a probability between {} and {}\n",
                       decimal(std::max(wrong.lower(), 0.0), kShareDecimals, Towards::below),
                       decimal(std::min(wrong.upper(), 1.0), kShareDecimals, Towards::above));
  }

  // Cubes can need long lines: then each operand gets its own.
  static std::string pattern_lines(const Cube& cube, const std::string& margin) {
    std::string text = pattern(cube);
    if (margin.size() + text.size() > kColumns)
      for (std::size_t at = 0; (at = text.find("  ", at)) != std::string::npos; at += margin.size() + 1)
        text.replace(at, 2, "\n" + margin);
    return margin + text + "\n";
  }

  std::string example(const Region& region) const {
    const std::uint64_t sum = region.example.a + region.example.b;
    std::string text = fmt::format("for example {} + {} = {}", region.example.a, region.example.b, sum);
    if (!region.predicted) return text + ", the model says no number";
    if (*region.predicted == sum) return text + ", which float32 decoding happens to get right";
    return text + fmt::format(", the model says {}", *region.predicted);
  }

  static std::string first(const Region& region) {
    if (region.first_failures == region.pairs) return "";
    return fmt::format(", {} of them at no earlier one", grouped(region.first_failures));
  }

  std::string regions() const {
    if (result_.region_count == 0) return "";
    std::string text = "\nFailing regions, largest first; a pattern shows each place, . is any digit\n";
    for (std::size_t i = 0; i < result_.regions.size(); ++i) {
      const Region& region = result_.regions[i];
      const std::string number = fmt::format("  {:>2}. ", i + 1), margin(number.size(), ' ');
      text +=
          fmt::format("{}{} pairs, wrong at step {}{}\n{}{}{}\n", number, grouped(region.pairs), region.step,
                      first(region), pattern_lines(region.cube, margin), margin, example(region));
    }
    const std::size_t more = result_.region_count - result_.regions.size();
    if (more > 0)
      text += fmt::format("      ... and {} more region{}; --regions N, given time, shows more\n",
                          grouped(more), more == 1 ? "" : "s");
    return text;
  }

  std::string smallest() const {
    if (!result_.smallest) return "\nSmallest margin: not determined\n";
    const auto& [margin, pair, step] = *result_.smallest;
    const double width = margin.width();
    const int decimals =
        width > 0.0 ? std::clamp(static_cast<int>(std::ceil(-std::log10(width))) + 1, 3, 12) : 12;
    const auto end = [&](double x, Towards towards) {
      return std::isfinite(x) ? decimal(x, decimals, towards) : std::string(x < 0 ? "-inf" : "inf");
    };
    return fmt::format("\nSmallest margin: between {} and {} logits,\nat step {} of {} + {}{}\n",
                       end(margin.lower(), Towards::below), end(margin.upper(), Towards::above), step, pair.a,
                       pair.b, margin.is_negative() ? " (below 0: wrong)" : "");
  }

  std::string effort() const {
    return fmt::format("\n{:.2f} s, {} nodes\n", result_.seconds, grouped(result_.nodes));
  }

  const model::Decoder& decoder_;
  const Certification& result_;
};

}  // namespace

std::string to_text(const model::Decoder& decoder, const Certification& result) {
  return Writer(decoder, result).text();
}

}  // namespace carryscope::verify
