// The record `ablation`: what a part of the model is worth, as the number of all pairs that go wrong
// without it, beside what others estimate. An edge is a part cut from one step alone; a node is the part cut
// from every step, wrong where any of its edges is.
#include <atomic>
#include <cmath>
#include <map>
#include <optional>

#include "analysis/ablation_parts.h"
#include "analysis/analyses.h"
#include "analysis/estimates.h"
#include "analysis/wrong_pairs.h"
#include "model/pairs.h"
#include "model/parallel.h"

namespace carryscope::analysis {
namespace {

using model::Pair;

// Cubes examined for each count: where no sampled pair is wrong, of a token, of another part, and of a model
// that is mostly wrong as it is. Unlike seconds, they give the same brackets on any machine.
constexpr std::uint64_t kWorkOfZero = 100'000, kWorkOfToken = 8'000, kWorkOfPart = 2'000, kWorkOfBad = 300;
constexpr double kWidth = 1e-3;          // of a bracket that is narrow enough, where much is wrong
constexpr int kSample = 1000;            // pairs behind a sampled share
constexpr std::size_t kEstimated = 100;  // of them behind an estimate
constexpr int kMeanSample = 200;         // pairs behind the means, and what is fitted
constexpr std::size_t kTries = 200;      // cubes looked at for a witness

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// A part cut from one step, or from all.
struct Effect {
  WrongPairs counted;
  std::vector<bool> wrong;  // of the sample
  Drop drop;
  std::optional<Pair> witness;
};

// One step of the whole model.
struct Whole {
  verify::Counts counts;
  std::vector<bool> wrong;           // of the sample
  std::vector<PlainStep::Run> runs;  // of the first kEstimated
};

class Ablation {
 public:
  explicit Ablation(const Subject& subject)
      : subject_(subject),
        network_(subject.network()),
        digits_(subject.decoder().layout.digits),
        sample_(subject.sample(index(kSample))),
        parts_(subject, subject.sample(index(kMeanSample))) {
    for (const verify::StepCounts& step : subject.certification().steps) {
      Whole whole{step.own, {}, {}};
      PlainStep run(whole_step(network_, step.step));
      for (const Pair pair : sample_) {
        PlainStep::Run at = run(pair);
        whole.wrong.push_back(!(run.margin(at, pair) > 0.0));
        if (whole.runs.size() < kEstimated) whole.runs.push_back(std::move(at));
      }
      whole_.push_back(std::move(whole));
    }
    const verify::Counts& all = subject.certification().pairs;
    mostly_wrong_ = all.correct < all.total / 2;
  }

  const AblationParts& parts() const { return parts_; }
  int steps() const { return static_cast<int>(whole_.size()); }
  const Whole& whole(int step) const { return whole_[index(step)]; }

  // Nothing where there is nothing to cut.
  std::optional<Effect> edge(const AblationPart& part, int step, const AblationKind& kind) const {
    const std::vector<EditedStep> edits = parts_.cut(part, step, kind);
    if (edits.empty()) return std::nullopt;
    PlainStep run(edits);
    Effect effect;
    bool any = false;
    Estimator estimate(subject_.decoder());
    for (std::size_t i = 0; i < sample_.size(); ++i) {
      const PlainStep::Run at = run(sample_[i]);
      const bool wrong = !(run.margin(at, sample_[i]) > 0.0);
      effect.wrong.push_back(wrong);
      any |= wrong;
      if (wrong && !whole(step).wrong[i] && !effect.witness) effect.witness = sample_[i];
      if (i < whole(step).runs.size())
        effect.drop += estimate.drop(whole(step).runs[i], at, run.truth(sample_[i]));
    }
    effect.drop = effect.drop * (1.0 / static_cast<double>(whole(step).runs.size()));
    effect.counted = wrong_pairs(network_, edits, !any, limits(part, any));
    if (!effect.witness) effect.witness = witness(effect.counted.leaves, run, step);
    return effect;
  }

  // Takes the leaves out of the edges.
  Effect node(std::vector<std::optional<Effect>>& edges) const {
    Effect node{{}, std::vector<bool>(sample_.size()), {}, {}};
    std::vector<WrongPairs> counted;
    for (int step = 0; step < steps(); ++step) {
      auto& edge = edges[index(step)];
      const std::vector<bool>& wrong = edge ? edge->wrong : whole(step).wrong;
      for (std::size_t i = 0; i < wrong.size(); ++i) node.wrong[i] = node.wrong[i] || wrong[i];
      counted.push_back(edge ? WrongPairs{edge->counted.pairs, std::exchange(edge->counted.leaves, {}), 0.0}
                             : WrongPairs{whole(step).counts, {}, 0.0});
      if (!edge) continue;
      node.drop += edge->drop * (1.0 / steps());
      if (edge->witness && !node.witness && right(*edge->witness)) node.witness = edge->witness;
    }
    const verify::Deadline deadline(subject_.options().time_limit, subject_.options().interrupted);
    node.counted.pairs = wrong_anywhere(counted, digits_, deadline);
    node.counted.seconds = deadline.elapsed();
    return node;
  }

 private:
  SearchLimits limits(const AblationPart& part, bool any) const {
    const std::uint64_t work = mostly_wrong_ ? kWorkOfBad
                               : !any        ? kWorkOfZero
                               : part.role   ? kWorkOfToken
                                             : kWorkOfPart;
    return {subject_.options().time_limit, work, kWidth, subject_.options().interrupted};
  }

  bool right(Pair pair) const {
    for (int step = 0; step < steps(); ++step) {
      PlainStep run(whole_step(network_, step));
      if (!(run.margin(run(pair), pair) > 0.0)) return false;
    }
    return true;
  }

  std::optional<Pair> witness(const std::vector<verify::Leaf>& leaves, PlainStep& run, int step) const {
    std::size_t tries = 0;
    std::optional<PlainStep> whole;
    for (const verify::Leaf& leaf : leaves) {
      if (leaf.verdict != verify::Verdict::wrong) continue;
      if (++tries > kTries) break;
      const Pair pair = verify::nth_pair(leaf.cube, 0);
      if (run.margin(run(pair), pair) > 0.0) continue;
      if (!whole) whole.emplace(whole_step(network_, step));
      if (whole->margin((*whole)(pair), pair) > 0.0) return pair;
    }
    return std::nullopt;
  }

  const Subject& subject_;
  const Network& network_;
  int digits_;
  std::vector<Pair> sample_;
  AblationParts parts_;
  std::vector<Whole> whole_;
  bool mostly_wrong_ = false;
};

Json change(const verify::Counts& after, const verify::Counts& before) {
  if (after.undecided > 0 || before.undecided > 0) return nullptr;
  if (after.wrong >= before.wrong) return verify::to_string(after.wrong - before.wrong);
  return "-" + verify::to_string(before.wrong - after.wrong);
}

Table table_of(std::vector<Column> columns) {
  for (const Column& c :
       {Column{"node", ""}, Column{"index", ""}, Column{"kind", ""}, Column{"wrong", "pairs"},
        Column{"undecided", "pairs"}, Column{"change", "pairs"}, Column{"sampled", "share, sampled"},
        Column{"standard_error", "share"}, Column{"drop", "logits, sampled"},
        Column{"first_order", "logits, estimated"}, Column{"integrated", "logits, estimated"},
        Column{"witness_a", ""}, Column{"witness_b", ""}, Column{"seconds", "s"}})
    columns.push_back(c);
  return Table(columns);
}

double share_wrong(const std::vector<bool>& wrong) {
  return static_cast<double>(std::ranges::count(wrong, true)) / static_cast<double>(wrong.size());
}

void add(Table& table, Json::array_t row, const AblationPart& part, const AblationKind& kind, const Effect& e,
         const verify::Counts& before) {
  const double share = share_wrong(e.wrong);
  const auto entry = [&row](Json value) { row.push_back(std::move(value)); };
  entry(part.node);
  entry(part.index < 0 ? Json() : Json(part.index));
  entry(kind.name);
  entry(verify::to_string(e.counted.pairs.wrong));
  entry(verify::to_string(e.counted.pairs.undecided));
  entry(change(e.counted.pairs, before));
  entry(share);
  entry(std::sqrt(share * (1.0 - share) / static_cast<double>(e.wrong.size())));
  for (const double drop : {e.drop.real, e.drop.first_order, e.drop.integrated})
    entry(std::isfinite(drop) ? Json(drop) : Json());
  entry(e.witness ? Json(e.witness->a) : Json());
  entry(e.witness ? Json(e.witness->b) : Json());
  entry(e.counted.seconds);
  table.add(std::move(row));
}

// Exact effects and their estimates, side by side.
class Correlations {
 public:
  void add(const AblationKind& kind, const Effect& e, const Whole& whole) {
    const verify::Counts& n = e.counted.pairs;
    const double exact = (static_cast<double>(n.wrong) + static_cast<double>(n.undecided) / 2 -
                          static_cast<double>(whole.counts.wrong)) /
                         static_cast<double>(n.total);
    const double sampled = share_wrong(e.wrong) - share_wrong(whole.wrong);
    const std::array<double, 5> row{exact, sampled, e.drop.real, e.drop.first_order, e.drop.integrated};
    if (!std::ranges::all_of(row, [](double x) { return std::isfinite(x); })) return;
    for (const std::string_view name : {kind.name, std::string_view("all")}) by_kind_[name].push_back(row);
  }

  Json json() const {
    Table table({{"kind", ""},
                 {"estimate", ""},
                 {"edges", ""},
                 {"pearson", "correlation"},
                 {"spearman", "correlation"}});
    constexpr std::array<std::string_view, 4> kEstimates = {"sampled", "drop", "first_order", "integrated"};
    for (const auto& [name, rows] : by_kind_)
      for (std::size_t i = 0; i < kEstimates.size(); ++i) {
        Vector exact, estimate;
        for (const auto& row : rows) {
          exact.push_back(row[0]);
          estimate.push_back(row[i + 1]);
        }
        const auto entry = [](std::optional<double> x) { return x ? Json(*x) : Json(); };
        table.add({name, kEstimates[i], rows.size(), entry(pearson(exact, estimate)),
                   entry(spearman(exact, estimate))});
      }
    return table.json();
  }

 private:
  std::map<std::string_view, std::vector<std::array<double, 5>>> by_kind_;
};

// One part cut in one way, from each step and from all.
struct Cut {
  const AblationPart* part;
  const AblationKind* kind;
  std::vector<std::optional<Effect>> edges;
  std::optional<Effect> node;
};

std::vector<Cut> all_cuts(const Ablation& ablation, int threads) {
  std::vector<Cut> cuts;
  for (const AblationPart& part : ablation.parts().parts())
    for (const AblationKind& kind : ablation_kinds()) cuts.push_back({&part, &kind, {}, {}});
  std::atomic<std::size_t> next = 0;
  model::in_parallel(threads, [&](int) {
    for (std::size_t i = next++; i < cuts.size(); i = next++) {
      Cut& cut = cuts[i];
      for (int step = 0; step < ablation.steps(); ++step)
        cut.edges.push_back(ablation.edge(*cut.part, step, *cut.kind));
      const bool any = std::ranges::any_of(cut.edges, [](const auto& edge) { return edge.has_value(); });
      if (any) cut.node = ablation.node(cut.edges);
    }
  });
  return cuts;
}

}  // namespace

Json ablation(const Subject& subject) {
  const verify::Certification& before = subject.certification();
  const Ablation ablation(subject);
  Table nodes = table_of({}), edges = table_of({{"step", ""}, {"place", ""}});
  Correlations correlations;
  for (const Cut& cut : all_cuts(ablation, subject.options().threads)) {
    if (cut.node) add(nodes, {}, *cut.part, *cut.kind, *cut.node, before.pairs);
    for (const verify::StepCounts& step : before.steps)
      if (const auto& edge = cut.edges[index(step.step)]) {
        add(edges, {step.step, step.place}, *cut.part, *cut.kind, *edge, step.own);
        correlations.add(*cut.kind, *edge, ablation.whole(step.step));
      }
  }
  Json kinds = Json::object();
  for (const AblationKind& kind : ablation_kinds()) kinds[std::string(kind.name)] = kind.about;
  return {{"total", verify::to_string(verify::all_pairs(before.digits))},
          {"wrong", verify::to_string(before.pairs.wrong)},
          {"undecided", verify::to_string(before.pairs.undecided)},
          {"sample", kSample},
          {"estimate_sample", kEstimated},
          {"mean_sample", kMeanSample},
          {"stated_a", ablation.parts().stated().a},
          {"stated_b", ablation.parts().stated().b},
          {"kinds", kinds},
          {"nodes", nodes.json()},
          {"edges", edges.json()},
          {"correlations", correlations.json()}};
}

}  // namespace carryscope::analysis
