// CircuitGraph: the circuit as a graph, for Graphviz, as GraphML and for Neuronpedia.
//
// Nodes are token roles, neurons, heads and steps, edges go to steps. GraphML holds all edges, each with its
// proof. The drawing for `dot` holds the kept ones, and steps that keep the same are one node of it: tokens
// and heads to the left, neurons to the right. In Neuronpedia's attribution graphs a step is a token of the
// prompt, and a kept edge's weight the share of sampled pairs that break without it.
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
std::string neuronpedia(const CircuitGraph& graph);

}  // namespace carryscope::analysis
