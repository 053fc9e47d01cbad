// The circuit: which edges the steps need, each with its proof, as a graph that the page's script lays out
// and prunes along the curve (assets/circuit.js).
#include <map>
#include <set>

#include <fmt/format.h>

#include "reports/panel/panel.h"
#include "reports/rows.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

std::string source_of(const Rows& rows, std::size_t r) {
  const json& index = rows.at(r, "index");
  return rows.at(r, "node").get<std::string>() + (index.is_null() ? "" : " " + index.dump());
}

// What is proven of answers that differ from the whole model's; empty where nothing was asked.
std::string proven(const json& changed, const json& undecided, Count total) {
  if (changed.is_null()) return "";
  const Count low = count(changed), open = count(undecided);
  const std::string pairs = open == 0 ? grouped(low) : grouped(low) + " to " + grouped(low + open);
  return fmt::format("{} of {} pairs answered otherwise, proven", pairs, power_of_ten(total));
}

std::string about(const Rows& edges, std::size_t r) {
  std::string text = fmt::format("{} → step {}: ", source_of(edges, r), edges.text(r, "step"));
  const std::string proof = edges.at(r, "proof");
  if (!edges.at(r, "kept").get<bool>())
    return text + (proof == "zero" ? "cut; no answer changes, proven" : "cut");
  if (proof == "never cut") return text + "the residual of the query’s own token, never cut";
  text += proof == "none" ? "kept, not proven to be needed" : "kept";
  if (!edges.at(r, "witness_a").is_null())
    text +=
        fmt::format("; without it {} + {} gives the token {} instead of {}", edges.at(r, "witness_a").dump(),
                    edges.at(r, "witness_b").dump(), edges.text(r, "without"), edges.text(r, "whole"));
  if (edges.at(r, "harm").is_number())
    text += fmt::format("; changes {} ± {} of sampled pairs", number(edges.at(r, "harm"), 3),
                        number(edges.at(r, "standard_error"), 2));
  return text;
}

struct Graph {
  json sources = json::array(), steps = json::array(), edges = json::array(), curve = json::array();
};

Graph graph_of(const json& record) {
  const Rows edges(record.at("edges")), curve(record.at("curve"));
  const Count total = count(record.at("total"));
  Graph graph;
  std::map<std::string, std::size_t> sources;
  std::map<std::pair<std::string, std::string>, std::size_t> edge_of;  // {source, step}
  std::set<int> steps;
  for (std::size_t r = 0; r < edges.size(); ++r) {
    const std::string name = source_of(edges, r), node = edges.at(r, "node");
    if (sources.emplace(name, sources.size()).second)
      graph.sources.push_back({{"name", name}, {"part", node == "neuron" || node == "head"}});
    steps.insert(edges.at(r, "step").get<int>());
    edge_of[{name, edges.text(r, "step")}] = r;
    graph.edges.push_back({{"source", sources[name]},
                           {"step", edges.at(r, "step")},
                           {"own", edges.at(r, "proof") == "never cut"},
                           {"about", about(edges, r)}});
  }
  for (const int step : steps) graph.steps.push_back(step);
  for (std::size_t r = 0; r < curve.size(); ++r) {
    json cut;
    if (!curve.at(r, "step").is_null())
      if (const auto e = edge_of.find({source_of(curve, r), curve.text(r, "step")}); e != edge_of.end())
        cut = e->second;
    const std::string known = proven(curve.at(r, "changed"), curve.at(r, "undecided"), total);
    graph.curve.push_back(
        {{"cut", cut},
         {"edges", curve.at(r, "edges")},
         {"about",
          fmt::format("{} of {} edges; all answers unchanged on {} ± {} of sampled pairs{}",
                      curve.text(r, "edges"), record.at("of").get<int>(), number(curve.at(r, "fidelity"), 5),
                      number(curve.at(r, "standard_error"), 2), known.empty() ? "" : "; " + known)}});
  }
  return graph;
}

// Which of the kept edges are proven to be needed.
std::string needed(const json& record) {
  if (record.at("minimum").get<bool>())
    return "At every step each smaller set of edges is refuted by a pair.";
  const Rows edges(record.at("edges"));
  std::size_t open = 0;
  for (std::size_t r = 0; r < edges.size(); ++r) open += edges.at(r, "proof") == "none";
  if (open == 0) return "Each of them is needed: a pair is answered otherwise without it.";
  return counted(open, "edge") + " of them may not be needed; each other one has a pair that needs it.";
}

// How many edges suffice for a proven share of pairs.
void draw_sizes(const json& record, Sheet& sheet) {
  const Rows sizes(record.at("sizes"));
  const Count total = count(record.at("total"));
  Table table{"circuit-sizes",
              "The fewest edges found with a proven fidelity",
              {{"Fidelity at least"}, {"Edges", true}, {"Pairs answered otherwise", true}},
              {}};
  for (std::size_t r = 0; r < sizes.size(); ++r)
    table.rows.push_back({{number(sizes.at(r, "fidelity"), 10),
                           sizes.at(r, "edges").is_null() ? "none found" : sizes.text(r, "edges"),
                           proven(sizes.at(r, "changed"), sizes.at(r, "undecided"), total)}});
  sheet.table(table);
}

}  // namespace

void draw_circuit(const json& record, const Records& records, Sheet& sheet) {
  const Count total = count(record.at("total"));
  sheet.paragraph(fmt::format("<b>{} of {} edges are enough.</b> {}. {}", record.at("kept").dump(),
                              record.at("of").dump(),
                              proven(record.at("changed"), record.at("undecided"), total), needed(record)));
  const Graph graph = graph_of(record);
  sheet.html(
      "<figure data-circuit><form class=filters><label>step <select name=step><option value=\"\">all</option>"
      "</select></label></form><form class=slider><label for=prune>edges cut, the least needed first</label>"
      "<input id=prune type=range min=0 value=0><output></output></form><div class=graph></div>"
      "<p class=about aria-live=polite>Point at an edge, or choose a node, for its proof.</p>"
      "<figcaption><b>Which edges the steps need.</b> Left: token roles relative to the step; right: neurons "
      "and heads. The slider cuts edges along the curve above.</figcaption></figure>\n");
  sheet.data("circuit", {{"sources", graph.sources},
                         {"steps", graph.steps},
                         {"edges", graph.edges},
                         {"curve", graph.curve},
                         {"kept", record.at("kept")}});
  draw_sizes(record, sheet);
  json rest = record;
  rest.erase("files");
  draw_tables(rest, records, sheet);
}

}  // namespace carryscope::reports
