#include "analysis/circuit_graph.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/graphml.hpp>
#include <boost/graph/graphviz.hpp>
#include <cctype>
#include <map>
#include <set>
#include <sstream>

#include "analysis/table.h"

namespace carryscope::analysis {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, GraphNode, GraphEdge>;

// With one node for each step, or for each set of steps (`merge`: step to label).
Graph build(const CircuitGraph& circuit, const std::map<int, std::string>& steps, bool all) {
  Graph graph;
  for (const GraphNode& node : circuit.sources) boost::add_vertex(node, graph);
  std::map<std::string, Graph::vertex_descriptor> targets;
  for (const auto& [step, label] : steps)
    if (!targets.contains(label)) targets[label] = boost::add_vertex({label, label, "step"}, graph);
  std::set<std::pair<std::size_t, std::string>> drawn;
  for (const GraphEdge& edge : circuit.edges) {
    if (!all && (!edge.kept || !drawn.insert({edge.source, steps.at(edge.step)}).second)) continue;
    const auto target = targets.at(steps.at(edge.step));
    if (!all && circuit.sources[edge.source].kind == "neuron")  // drawn from right to left
      boost::add_edge(target, edge.source, edge, graph);
    else
      boost::add_edge(edge.source, target, edge, graph);
  }
  return graph;
}

std::map<int, std::string> each_step(const CircuitGraph& circuit) {
  std::map<int, std::string> labels;
  for (const GraphEdge& edge : circuit.edges) labels[edge.step] = "step " + std::to_string(edge.step);
  return labels;
}

// "step 0", "steps 1-9": those that keep the same edges.
std::map<int, std::string> alike(const CircuitGraph& circuit) {
  std::map<int, std::set<std::size_t>> kept;
  for (const GraphEdge& edge : circuit.edges)
    if (edge.kept) kept[edge.step].insert(edge.source);
  std::map<std::set<std::size_t>, std::vector<int>> groups;
  for (const auto& [step, sources] : kept) groups[sources].push_back(step);
  std::map<int, std::string> labels;
  for (const auto& [sources, steps] : groups) {
    std::string label = steps.size() == 1 ? "step " : "steps ";
    for (std::size_t i = 0; i < steps.size();) {
      std::size_t last = i;
      while (last + 1 < steps.size() && steps[last + 1] == steps[last] + 1) ++last;
      label += (i > 0 ? ", " : "") + std::to_string(steps[i]);
      if (last > i) label += (last > i + 1 ? "-" : ", ") + std::to_string(steps[last]);
      i = last + 1;
    }
    for (const int step : steps) labels[step] = label;
  }
  return labels;
}

const char* shape(const std::string& kind) {
  return kind == "step" ? "box" : kind == "neuron" ? "circle" : kind == "head" ? "diamond" : "ellipse";
}

}  // namespace

std::string graphml(const CircuitGraph& circuit) {
  Graph graph = build(circuit, each_step(circuit), true);
  boost::dynamic_properties properties;
  properties.property("id", boost::get(&GraphNode::id, graph));
  properties.property("label", boost::get(&GraphNode::label, graph));
  properties.property("kind", boost::get(&GraphNode::kind, graph));
  properties.property("step", boost::get(&GraphEdge::step, graph));
  properties.property("place", boost::get(&GraphEdge::place, graph));
  properties.property("kept", boost::get(&GraphEdge::kept, graph));
  properties.property("proof", boost::get(&GraphEdge::proof, graph));
  properties.property("witness", boost::get(&GraphEdge::witness, graph));
  properties.property("cut", boost::get(&GraphEdge::cut, graph));
  properties.property("harm", boost::get(&GraphEdge::harm, graph));
  std::ostringstream out;
  boost::write_graphml(out, graph, properties, true);
  return out.str();
}

std::string dot(const CircuitGraph& circuit) {
  const Graph graph = build(circuit, alike(circuit), false);
  std::ostringstream out;
  boost::write_graphviz(
      out, graph,
      [&](std::ostream& to, Graph::vertex_descriptor v) {
        to << "[label=" << boost::escape_dot_string(graph[v].label) << ", shape=" << shape(graph[v].kind)
           << (boost::degree(v, graph) == 0 ? ", style=dotted" : "") << "]";
      },
      [&](std::ostream& to, Graph::edge_descriptor e) {
        if (graph[graph[e].source].kind == "own") to << "[style=dashed]";
        if (graph[graph[e].source].kind == "neuron") to << "[dir=back]";
      },
      [&](std::ostream& to) {
        to << "label=" << boost::escape_dot_string(circuit.name) << ";\nrankdir=LR;\nranksep=2;\n";
      });
  return out.str();
}

// By the schema of Neuronpedia's graph validator, version 1.0.0.
std::string neuronpedia(const CircuitGraph& circuit) {
  Json tokens = Json::array(), nodes = Json::array(), links = Json::array();
  const auto add = [&](const std::string& id, const Json& feature, const char* layer, int step,
                       const char* type, const std::string& label) {
    nodes.push_back({{"node_id", id},
                     {"feature", feature},
                     {"layer", layer},
                     {"ctx_idx", step},
                     {"feature_type", type},
                     {"jsNodeId", id},
                     {"clerp", label}});
  };
  for (const auto& [step, label] : each_step(circuit)) {
    tokens.push_back(label);
    add("step_" + std::to_string(step), nullptr, "1", step, "logit", label);
  }
  for (const GraphEdge& edge : circuit.edges) {
    if (!edge.kept) continue;
    const GraphNode& from = circuit.sources[edge.source];
    const bool neuron = from.kind == "neuron";
    const std::string at = std::to_string(edge.step),
                      id = (neuron ? "0_" : "E_") + std::to_string(edge.source) + "_" + at;
    add(id, edge.source, neuron ? "0" : "E", edge.step, neuron ? "cross layer transcoder" : "embedding",
        from.label);
    links.push_back({{"source", id}, {"target", "step_" + at}, {"weight", edge.harm}});
  }
  std::string slug;
  for (const char c : circuit.name) slug += std::isalnum(static_cast<unsigned char>(c)) ? c : '-';
  const Json out{
      {"metadata",
       {{"slug", slug}, {"scan", circuit.name}, {"prompt_tokens", tokens}, {"prompt", circuit.name}}},
      {"qParams", Json::object()},
      {"nodes", nodes},
      {"links", links}};
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace carryscope::analysis
