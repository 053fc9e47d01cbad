// CircuitGraph: the circuit as a graph, for Graphviz and as GraphML.
//
// Nodes are token roles, neurons, heads and steps, edges go to steps. GraphML holds all edges, each with its
// proof. The drawing for `dot` holds the kept ones, and steps that keep the same are one node of it.
#pragma once

#include <string>
#include <vector>

namespace carryscope::analysis {

struct GraphNode {
  std::string id, label, kind;  // kind: token, own, neuron, head, step
};

struct GraphEdge {
  std::size_t source = 0;  // of nodes
  int step = 0, place = 0;
  bool kept = false;
  std::string proof, witness, cut;  // "a + b"; what is done to a cut edge
  double harm = 0.0;
};

struct CircuitGraph {
  std::string name;
  std::vector<GraphNode> sources;
  std::vector<GraphEdge> edges;
};

std::string graphml(const CircuitGraph& graph);
std::string dot(const CircuitGraph& graph);

}  // namespace carryscope::analysis
