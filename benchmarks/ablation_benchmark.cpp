// What it takes to count the pairs that go wrong without one edge, and how narrow the bracket gets.
//
// Usage: ablation_benchmark [FILE...]              without FILE checkpoints/311.pt
// Every edge of the record `ablation`, on one thread, seconds by the clock. "nearly right" are edges without
// which at most 1 % of all pairs go wrong, "broken" all others. Targets: within 0.5 s a nearly right one is
// counted to the last pair, a broken one to a bracket 0.001 of what is wrong.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "analysis/analyses.h"

namespace {

using namespace carryscope;
using analysis::Json;

constexpr double kSeconds = 0.5, kWidth = 1e-3, kNearlyRight = 0.01;

struct Edge {
  double wrong = 0.0, undecided = 0.0, seconds = 0.0;  // pairs
  double width() const { return undecided == 0.0 ? 0.0 : wrong == 0.0 ? 1.0 : undecided / wrong; }
};

std::vector<Edge> edges_of(const Json& table) {
  const auto column = [&](std::string_view name) {
    const Json& all = table["columns"];
    return std::ranges::find(all, name, [](const Json& c) { return c["name"].get<std::string>(); }) -
           all.begin();
  };
  const auto wrong = column("wrong"), undecided = column("undecided"), seconds = column("seconds");
  std::vector<Edge> all;
  for (const Json& row : table["rows"])
    all.push_back({std::stod(row[wrong].get<std::string>()), std::stod(row[undecided].get<std::string>()),
                   row[seconds].get<double>()});
  return all;
}

void print(const char* name, const std::vector<Edge>& edges, double width) {
  if (edges.empty()) return;
  std::vector<double> widths;
  double seconds = 0.0, longest = 0.0;
  std::size_t exact = 0, met = 0;
  for (const Edge& e : edges) {
    widths.push_back(e.width());
    seconds += e.seconds;
    longest = std::max(longest, e.seconds);
    exact += e.width() == 0.0;
    met += e.width() <= width && e.seconds <= kSeconds;
  }
  std::ranges::sort(widths);
  std::printf("  %-14s %6zu %6zu %6zu (%3.0f %%)  %8.1e %8.1e  %7.2f %7.1f\n", name, edges.size(), exact, met,
              100.0 * static_cast<double>(met) / static_cast<double>(edges.size()), widths[widths.size() / 2],
              widths[widths.size() * 9 / 10], longest, seconds);
}

void measure(const std::string& file) {
  const analysis::Subject subject(model::load(file), {.threads = 1});
  const Json record = analysis::ablation(subject);
  const double total = std::stod(record["total"].get<std::string>());
  std::vector<Edge> right, broken;
  for (const Edge& e : edges_of(record["edges"]))
    (e.wrong + e.undecided <= kNearlyRight * total ? right : broken).push_back(e);
  std::printf("%s\n  without them    edges  exact   target met  width: half, 9 of 10  longest s    all s\n",
              file.c_str());
  print("nearly right", right, 0.0);
  print("broken", broken, kWidth);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files(argv + 1, argv + argc);
  if (files.empty()) files = {CARRYSCOPE_SOURCE_DIR "/checkpoints/311.pt"};
  for (const std::string& file : files) measure(file);
}
