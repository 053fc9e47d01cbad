// The record `circuit`: the fewest edges (part of a step to step) with which the model still answers every
// pair as it does whole, how its fidelity falls as more are cut, and the graph as DOT and GraphML.
//
// Each cut edge is cut by a proof over all pairs, each kept edge has a pair that breaks without it. An answer
// is a step's token given the true prefix, so steps are pruned one by one.
#include <atomic>
#include <cmath>

#include "analysis/analyses.h"
#include "analysis/circuit_curve.h"
#include "analysis/circuit_graph.h"
#include "model/pairs.h"
#include "model/parallel.h"

namespace carryscope::analysis {
namespace {

using model::Pair;

constexpr std::size_t kSample = 1000;     // pairs behind a sampled share
constexpr std::size_t kMeanSample = 200;  // pairs behind the means of neurons and heads
constexpr std::uint64_t kNodes = 20'000;  // cubes of one count that need not be exact
// One pair of so many may be answered otherwise; 0: none.
struct Fidelity {
  double share;
  std::uint64_t one_of;
};
constexpr Fidelity kFidelities[] = {{1.0, 0}, {1.0 - 1e-9, 1'000'000'000}, {0.9999, 10'000}, {0.99, 100}};
constexpr std::string_view kOwn = "own token";

std::size_t index(int i) { return static_cast<std::size_t>(i); }

std::string name_of(const Part& part) {
  return part.index < 0 ? std::string(part.node) : std::string(part.node) + " " + std::to_string(part.index);
}
Json index_of(const Part& part) { return part.index < 0 ? Json() : Json(part.index); }

double standard_error(double share, std::size_t sample) {
  return std::sqrt(share * (1.0 - share) / static_cast<double>(sample));
}

class Circuit {
 public:
  explicit Circuit(const Subject& subject)
      : subject_(subject),
        network_(subject.network()),
        exceptions_(subject.exceptions()),
        deadline_(subject.options().time_limit, subject.options().interrupted),
        sample_(subject.sample(kSample)),
        means_(std::span(sample_).first(kMeanSample)) {
    subject.table();  // made before there are threads
    steps_.resize(network_.steps.size());
    std::atomic<std::size_t> next = 0;
    model::in_parallel(subject.options().threads, [&](int) {
      for (std::size_t s = next++; s < steps_.size(); s = next++) {
        steps_[s] = std::make_unique<CircuitStep>(subject, network_, exceptions_[s], static_cast<int>(s),
                                                  means_, deadline_);
        steps_[s]->prune();
      }
    });
    collect();
  }

  Json json() const {
    const CircuitCurve curve(steps_, sample_);
    std::size_t kept = 0;
    for (const GraphEdge& edge : graph_.edges) kept += edge.kept && edge.proof != "never cut";
    bool minimum = true;
    for (const auto& step : steps_) minimum = minimum && step->pruned().minimum;
    return {
        {"total", verify::to_string(total())},
        {"cut", "held at its mean: a key over the digits, a neuron or head over sampled pairs at the step"},
        {"kept", kept},
        {"of", curve.points().front().edges},
        {"changed", "0"},
        {"undecided", "0"},
        {"minimum", minimum},
        {"sample", kSample},
        {"mean_sample", kMeanSample},
        {"nodes", nodes()},
        {"edges", edges_.json()},
        {"steps", steps()},
        {"curve", curve_table(curve)},
        {"area", area(curve)},
        {"sizes", sizes(curve)},
        {"kinds", kinds()},
        {"files",
         {{"circuit.dot", dot(graph_)},
          {"circuit.graphml", graphml(graph_)},
          {"circuit.neuronpedia.json", neuronpedia(graph_)}}}};
  }

 private:
  const model::Layout& layout() const { return network_.decoder.layout; }
  verify::Count total() const { return verify::all_pairs(layout().digits); }
  int place(std::size_t step) const { return layout().answer[step].place; }

  void collect() {
    graph_.name = "circuit of " + subject_.decoder().name;
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      add_own(s);
      for (std::size_t p = 0; p < steps_[s]->parts().parts().size(); ++p) add_edge(s, p);
    }
  }

  std::size_t source(const std::string& name, std::string_view kind) {
    const auto found = std::ranges::find(graph_.sources, name, &GraphNode::id);
    if (found == graph_.sources.end()) graph_.sources.push_back({name, name, std::string(kind)});
    return static_cast<std::size_t>(std::ranges::find(graph_.sources, name, &GraphNode::id) -
                                    graph_.sources.begin());
  }

  // The residual of the query's own token, where that tells anything.
  void add_own(std::size_t s) {
    if (layout().slot(layout().query_position(static_cast<int>(s))).role == model::Role::fixed) return;
    graph_.edges.push_back(
        {source(std::string(kOwn), "own"), static_cast<int>(s), place(s), true, "never cut", "", "", 0.0});
    edges_.add({s, place(s), kOwn, nullptr, true, "never cut", nullptr, nullptr, nullptr, nullptr, nullptr,
                nullptr, nullptr});
  }

  struct Shares {
    double harm = 0.0, apart = 0.0;
  };

  // Of the sampled pairs: changed in the circuit without the part; answered otherwise by circuit and whole
  // model when both lack it.
  Shares shares(std::size_t s, Cut part) const {
    const StepParts& parts = steps_[s]->parts();
    const Cut cut = steps_[s]->pruned().cut;
    Shares counts;
    for (const Pair pair : sample_) {
      const StepParts::Sums sums = parts.read(pair);
      const int without = parts.answer(sums, cut | part).token;
      counts.harm += without != parts.answer(sums, 0).token;
      counts.apart += without != parts.answer(sums, part).token;
    }
    return {counts.harm / kSample, counts.apart / kSample};
  }

  void add_edge(std::size_t s, std::size_t p) {
    const Part& part = steps_[s]->parts().parts()[p];
    const Pruned& pruned = steps_[s]->pruned();
    const bool kept = !(pruned.cut >> p & 1);
    const auto& witness = pruned.needed[p];
    const std::string proof = !kept ? "zero" : witness ? "witness" : "none";
    const Shares share = kept ? shares(s, Cut{1} << p) : Shares{};
    edges_.add({s, place(s), part.node, index_of(part), kept, proof, witness ? Json(witness->pair.a) : Json(),
                witness ? Json(witness->pair.b) : Json(), witness ? Json(witness->whole) : Json(),
                witness ? Json(witness->without) : Json(), kept ? Json(share.harm) : Json(),
                kept ? Json(standard_error(share.harm, kSample)) : Json(),
                kept ? Json(share.apart) : Json()});
    const std::string kind = part.index < 0 ? "token" : std::string(part.node);
    graph_.edges.push_back(
        {source(name_of(part), kind), static_cast<int>(s), place(s), kept, proof,
         witness ? std::to_string(witness->pair.a) + " + " + std::to_string(witness->pair.b) : "", "mean",
         share.harm});
  }

  Json nodes() const {
    Table table({{"id", ""}, {"label", ""}, {"kind", ""}, {"edges", "count"}});
    for (std::size_t n = 0; n < graph_.sources.size(); ++n)
      table.add(
          {graph_.sources[n].id, graph_.sources[n].label, graph_.sources[n].kind,
           std::ranges::count_if(graph_.edges, [&](const GraphEdge& e) { return e.kept && e.source == n; })});
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      const std::string id = "step " + std::to_string(s);
      table.add({id, id, "step", std::ranges::count_if(graph_.edges, [&](const GraphEdge& e) {
                   return e.kept && index(e.step) == s;
                 })});
    }
    return table.json();
  }

  Json steps() const {
    Table table({{"step", ""},
                 {"place", ""},
                 {"parts", "count"},
                 {"kept", "count"},
                 {"minimum", ""},
                 {"changed", "pairs"},
                 {"undecided", "pairs"},
                 {"refuted", "sets of edges"},
                 {"proofs", "searches"}});
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      const Pruned& p = steps_[s]->pruned();
      const std::size_t parts = steps_[s]->parts().parts().size();
      table.add({s, place(s), parts, parts - static_cast<std::size_t>(std::popcount(p.cut)), p.minimum, "0",
                 "0", p.refuted, p.proofs});
    }
    return table.json();
  }

  // `changed` and `undecided` of a bracket.
  std::pair<Json, Json> columns(const std::optional<Bracket>& b) const {
    if (!b) return {nullptr, nullptr};
    return {verify::to_string(b->least), verify::to_string(std::min(b->most, total()) - b->least)};
  }

  Json curve_table(const CircuitCurve& curve) const {
    Table table({{"edges", "count"},
                 {"step", ""},
                 {"node", ""},
                 {"index", ""},
                 {"fidelity", "share, sampled"},
                 {"standard_error", "share"},
                 {"changed", "pairs"},
                 {"undecided", "pairs"}});
    for (const CurvePoint& point : curve.points()) {
      const Part* part = point.step ? &steps_[*point.step]->parts().parts()[*point.part] : nullptr;
      const double share = static_cast<double>(point.unchanged) / kSample;
      const auto [changed, undecided] = columns(point.changed);
      table.add({point.edges, part ? Json(*point.step) : Json(), part ? Json(part->node) : Json(),
                 part ? index_of(*part) : Json(), share, standard_error(share, kSample), changed, undecided});
    }
    return table.json();
  }

  static Json area(const CircuitCurve& curve) {
    double sum = 0.0, squares = 0.0;
    for (const double x : curve.area_by_pair()) {
      sum += x;
      squares += x * x;
    }
    const double mean = sum / kSample, variance = std::max(0.0, squares / kSample - mean * mean);
    return {{"fidelity", mean}, {"standard_error", std::sqrt(variance / kSample)}};
  }

  Json sizes(const CircuitCurve& curve) const {
    Table table({{"fidelity", "share"}, {"edges", "count"}, {"changed", "pairs"}, {"undecided", "pairs"}});
    for (const Fidelity& fidelity : kFidelities) {
      const verify::Count allowed = fidelity.one_of == 0 ? 0 : total() / fidelity.one_of;
      const CurvePoint* best = &curve.points().front();
      for (const CurvePoint& point : curve.points())
        if (point.changed && point.changed->most <= allowed && point.edges <= best->edges) best = &point;
      const auto [changed, undecided] = columns(best->changed);
      table.add({fidelity.share, best->edges, changed, undecided});
    }
    return table.json();
  }

  Json kinds() const {
    Table table({{"kind", ""}, {"changed", "pairs"}, {"undecided", "pairs"}});
    for (const KeyAblation& how : key_ablations()) {
      Bracket all;
      for (const auto& step : steps_) all.add(step->count(step->pruned().cut, how, kNodes));
      const auto [changed, undecided] = columns(all);
      table.add({how.name, changed, undecided});
    }
    return table.json();
  }

  const Subject& subject_;
  const Network& network_;
  const std::vector<Exceptions>& exceptions_;
  verify::Deadline deadline_;
  std::vector<Pair> sample_;
  std::span<const Pair> means_;
  std::vector<std::unique_ptr<CircuitStep>> steps_;
  CircuitGraph graph_;
  Table edges_{{{"step", ""},
                {"place", ""},
                {"node", ""},
                {"index", ""},
                {"kept", ""},
                {"proof", ""},
                {"witness_a", ""},
                {"witness_b", ""},
                {"whole", "token"},
                {"without", "token"},
                {"harm", "share, sampled"},
                {"standard_error", "share"},
                {"apart", "share, sampled"}}};
};

}  // namespace

Json circuit(const Subject& subject) { return Circuit(subject).json(); }

}  // namespace carryscope::analysis
