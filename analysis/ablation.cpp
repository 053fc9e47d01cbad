// The record `ablation`: what a part of the model is worth, as the number of all pairs that go wrong
// without it. An edge is a token cut from one step alone. A token's node is cut from every step, so what it
// gets wrong is the union over its edges: at least the largest, at most their sum. Heads and neurons are in
// all steps at once and are counted for themselves.
#include <atomic>
#include <cmath>
#include <functional>
#include <optional>

#include "analysis/analyses.h"
#include "analysis/anatomy.h"
#include "analysis/token_roles.h"
#include "analysis/wrong_pairs.h"
#include "model/pairs.h"
#include "model/parallel.h"

namespace carryscope::analysis {
namespace {

using model::Pair;

// Cubes examined for each count, and for one that seems to be 0: no sampled pair is wrong. Half a second or
// less, and a few; unlike seconds, they give the same brackets on any machine.
constexpr std::uint64_t kWork = 10'000, kWorkOfZero = 100'000;
constexpr int kSample = 1000;         // pairs behind a sampled share
constexpr int kMeanSample = 200;      // pairs behind the mean of a head or neuron, over all steps
constexpr std::size_t kTries = 1000;  // cubes looked at for a witness

std::size_t index(int i) { return static_cast<std::size_t>(i); }

struct Effect {
  verify::Counts pairs;
  Json::array_t columns;  // from "wrong" on
};

verify::Counts unknown(int digits) {
  const verify::Count total = verify::all_pairs(digits);
  return {total, 0, 0, 0, total};
}

class Ablation {
 public:
  explicit Ablation(const Subject& subject)
      : subject_(subject),
        whole_(subject.decoder()),
        whole_plain_(whole_.decoder, whole_.steps),
        sample_(model::uniform_pairs(index(kSample), subject.options().seed, layout().digits).pairs) {}

  const model::Layout& layout() const { return whole_.decoder.layout; }
  const Steps& steps() const { return whole_.steps; }

  // The network with `steps` against the whole one, which gets `before` wrong. `implied` is what is known of
  // it already; what that leaves open is counted.
  Effect effect(const Network& network, const Steps& steps, const verify::Counts& before,
                const verify::Counts& implied) const {
    PlainSteps plain(network.decoder, steps), whole = whole_plain_;
    int wrong = 0;
    std::optional<Pair> witness;
    for (const Pair pair : sample_) {
      if (!plain.wrong(pair)) continue;
      ++wrong;
      if (!witness && !whole.wrong(pair)) witness = pair;
    }
    WrongPairs counted{implied, {}, 0.0};
    if (implied.undecided > 0) {
      counted = wrong_pairs(network, steps, limits(wrong == 0 ? kWorkOfZero : kWork));
      tighten(counted.pairs, implied);
    }
    for (std::size_t i = 0; !witness && i < std::min(kTries, counted.certain.size()); ++i) {
      const Pair pair = verify::nth_pair(counted.certain[i], 0);
      if (plain.wrong(pair) && !whole.wrong(pair)) witness = pair;
    }
    const double share = static_cast<double>(wrong) / static_cast<double>(sample_.size());
    return {counted.pairs,
            {verify::to_string(counted.pairs.wrong), verify::to_string(counted.pairs.undecided),
             change(counted.pairs, before), share,
             std::sqrt(share * (1.0 - share) / static_cast<double>(sample_.size())),
             witness ? Json(witness->a) : Json(), witness ? Json(witness->b) : Json(), counted.seconds}};
  }
  Effect effect(const Steps& steps, const verify::Counts& before, const verify::Counts& implied) const {
    return effect(whole_, steps, before, implied);
  }

 private:
  SearchLimits limits(std::uint64_t work) const {
    return {subject_.options().time_limit, work, 1, subject_.options().interrupted};
  }

  // Both brackets hold.
  static void tighten(verify::Counts& counts, const verify::Counts& other) {
    counts.wrong = std::max(counts.wrong, other.wrong);
    counts.correct = std::max(counts.correct, other.correct);
    counts.undecided = counts.total - counts.wrong - counts.correct;
  }

  static Json change(const verify::Counts& after, const verify::Counts& before) {
    if (after.undecided > 0 || before.undecided > 0) return nullptr;
    if (after.wrong >= before.wrong) return verify::to_string(after.wrong - before.wrong);
    return "-" + verify::to_string(before.wrong - after.wrong);
  }

  const Subject& subject_;
  Network whole_;
  PlainSteps whole_plain_;
  std::vector<Pair> sample_;
};

Table table_of(std::vector<Column> columns) {
  for (const Column& c : {Column{"wrong", "pairs"}, Column{"undecided", "pairs"}, Column{"change", "pairs"},
                          Column{"sampled", "share, sampled"}, Column{"standard_error", "share"},
                          Column{"witness_a", ""}, Column{"witness_b", ""}, Column{"seconds", "s"}})
    columns.push_back(c);
  return Table(columns);
}

// What one cut adds to the two tables.
struct Rows {
  std::vector<Json::array_t> nodes, edges;
};

Json::array_t row(Json::array_t what, const Json::array_t& effect) {
  what.insert(what.end(), effect.begin(), effect.end());
  return what;
}

// What heads and neurons give on average, over sampled pairs and all steps.
struct Means {
  std::vector<Vector> head;  // heads x d
  Vector neuron;
};

Means means(const Subject& subject) {
  const model::Layout& layout = subject.decoder().layout;
  const Anatomist dissect(subject.table());
  Means m;
  const double part = 1.0 / (kMeanSample * layout.answer_digits());
  for (const Pair pair :
       model::uniform_pairs(index(kMeanSample), subject.options().seed, layout.digits).pairs) {
    const std::vector<int> tokens = model::tokenise(layout, pair);
    for (int step = 0; step < layout.answer_digits(); ++step) {
      const Anatomy at = dissect(std::span(tokens).first(index(layout.query_position(step) + 1)));
      m.head.resize(at.head.size(), Vector(at.before.size()));
      m.neuron.resize(at.neurons.size());
      for (std::size_t h = 0; h < at.head.size(); ++h)
        for (std::size_t i = 0; i < at.head[h].size(); ++i) m.head[h][i] += part * at.head[h][i];
      for (std::size_t j = 0; j < at.neurons.size(); ++j) m.neuron[j] += part * at.neurons[j];
    }
  }
  return m;
}

using Cut = std::function<Rows()>;

void add_parts(std::vector<Cut>& cuts, const Ablation& ablation, const Subject& subject,
               const verify::Counts& before) {
  const Means mean = means(subject);
  const auto cut = [&](std::string_view part, std::size_t i, std::string_view kind, model::Decoder without) {
    cuts.push_back([&ablation, before, part, i, kind, d = std::move(without)] {
      const Network network(d);
      const Effect effect = ablation.effect(network, network.steps, before, unknown(d.layout.digits));
      return Rows{{row({part, i, kind}, effect.columns)}, {}};
    });
  };
  for (std::size_t h = 0; h < mean.head.size(); ++h) {
    const int head = static_cast<int>(h);
    cut("head", h, "zero", with_head_held(subject.decoder(), head, Vector(mean.head[h].size())));
    cut("head", h, "mean", with_head_held(subject.decoder(), head, mean.head[h]));
  }
  for (std::size_t j = 0; j < mean.neuron.size(); ++j) {
    const int neuron = static_cast<int>(j);
    cut("neuron", j, "zero", with_neuron_held(subject.decoder(), neuron, 0.0));
    cut("neuron", j, "mean", with_neuron_held(subject.decoder(), neuron, mean.neuron[j]));
  }
}

// What is wrong at some step, from what is known of each step alone.
class Union {
 public:
  explicit Union(verify::Count total) : total_(total) {}

  void add(const verify::Counts& step) {
    least_ = std::max(least_, step.wrong);
    most_ = std::min(total_, most_ + std::min(total_, step.wrong + step.undecided + step.rounding));
  }
  verify::Counts counts() const { return {total_, total_ - most_, least_, 0, most_ - least_}; }

 private:
  verify::Count total_, least_ = 0, most_ = 0;
};

// A role's edges, and the node that they make together.
Rows without_role(const Ablation& ablation, const verify::Certification& before, const TokenRole& role,
                  const KeyAblation& how) {
  Rows rows;
  Steps everywhere = ablation.steps();
  Union all(verify::all_pairs(before.digits));
  for (const verify::StepCounts& step : before.steps) {
    auto& cut = everywhere[index(step.step)];
    if (!cut_role(cut, ablation.layout(), role, how)) {
      all.add(step.own);
      continue;
    }
    Steps alone(everywhere.size());
    alone[index(step.step)] = cut;
    const Effect effect = ablation.effect(alone, step.own, unknown(before.digits));
    rows.edges.push_back(row({step.step, step.place, role.name, how.name}, effect.columns));
    all.add(effect.pairs);
  }
  if (!rows.edges.empty())
    rows.nodes.push_back(
        row({role.name, nullptr, how.name}, ablation.effect(everywhere, before.pairs, all.counts()).columns));
  return rows;
}

}  // namespace

Json ablation(const Subject& subject) {
  const verify::Certification& before = subject.certification();
  const Ablation ablation(subject);
  std::vector<Cut> cuts;
  for (const TokenRole& role : token_roles())
    for (const KeyAblation& how : key_ablations())
      cuts.push_back([&] { return without_role(ablation, before, role, how); });
  add_parts(cuts, ablation, subject, before.pairs);
  std::vector<Rows> rows(cuts.size());
  std::atomic<std::size_t> next = 0;
  model::in_parallel(subject.options().threads, [&](int) {
    for (std::size_t i = next++; i < cuts.size(); i = next++) rows[i] = cuts[i]();
  });

  Table nodes = table_of({{"node", ""}, {"index", ""}, {"kind", ""}});
  Table edges = table_of({{"step", ""}, {"place", ""}, {"token", ""}, {"kind", ""}});
  for (const Rows& of_cut : rows) {
    for (const Json::array_t& r : of_cut.nodes) nodes.add(r);
    for (const Json::array_t& r : of_cut.edges) edges.add(r);
  }
  Json kinds = Json::object();
  for (const KeyAblation& how : key_ablations()) kinds[std::string(how.name)] = how.about;
  return {{"total", verify::to_string(verify::all_pairs(before.digits))},
          {"wrong", verify::to_string(before.pairs.wrong)},
          {"undecided", verify::to_string(before.pairs.undecided)},
          {"sample", kSample},
          {"mean_sample", kMeanSample},
          {"kinds", kinds},
          {"nodes", nodes.json()},
          {"edges", edges.json()}};
}

}  // namespace carryscope::analysis
