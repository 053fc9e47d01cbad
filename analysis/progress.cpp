#include "analysis/progress.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "analysis/ablation_parts.h"
#include "analysis/plain_step.h"
#include "analysis/shapes.h"
#include "analysis/wrong_pairs.h"
#include "model/checkpoint/json_text.h"
#include "model/error.h"
#include "model/pairs.h"

namespace carryscope::analysis {
namespace {

using model::InputError, model::Pair;

constexpr double kProof = 2.0;        // seconds of each snapshot's count
constexpr std::size_t kSample = 200;  // pairs behind margins, shares right and edges in use
constexpr double kInUse = 0.01;       // share of the sample that an edge's cut changes

// An evaluation of the run's last try, and the snapshot of it.
struct Snapshot {
  std::int64_t step = 0;
  nlohmann::json metrics;
  std::string file;
};

std::vector<Snapshot> snapshots(const std::string& folder) {
  const std::string path = folder + "/metrics.jsonl";
  std::ifstream lines(path);
  if (!lines) throw InputError(path + ": is not there; expected the folder of a training run");
  std::vector<Snapshot> all;
  std::int64_t retries = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const nlohmann::json metrics =
        model::parse_json({reinterpret_cast<const unsigned char*>(line.data()), line.size()}, path);
    if (!metrics.is_object() || !metrics.contains("step") || !metrics["step"].is_number_integer())
      throw InputError(path + ": a line has no step; expected what carryscope train writes");
    if (metrics.value("retries", std::int64_t{0}) != retries) all.clear();
    retries = metrics.value("retries", std::int64_t{0});
    const std::int64_t step = metrics["step"];
    const std::string file = fmt::format("{}/step-{}.pt", folder, step);
    if (std::filesystem::exists(file)) all.push_back({step, metrics, file});
  }
  if (all.empty())
    throw InputError(folder + ": holds no snapshots (step-N.pt); train with --snapshots to keep them");
  return all;
}

struct Tables {
  Table snapshots{{{"step", "optimiser steps"},
                   {"loss", "mean cross-entropy"},
                   {"total", "pairs"},
                   {"wrong", "pairs"},
                   {"undecided", "pairs"},
                   {"wrong_share", "of all pairs, at most"},
                   {"edges_in_use", "edges, sampled"},
                   {"edges", ""},
                   {"sample", "pairs"}}};
  Table classes{{{"step", "optimiser steps"},
                 {"class", "longest cascade"},
                 {"total", "pairs"},
                 {"wrong", "pairs"},
                 {"undecided", "pairs"},
                 {"wrong_share", "of the class, at most"}}};
  Table margins{{{"step", "optimiser steps"},
                 {"answer", "step of the answer"},
                 {"right", "share, sampled"},
                 {"mean", "logits, sampled"},
                 {"low", "logits, 5 % of the sample below"},
                 {"sample", "pairs"}}};
  Table norms{{{"step", "optimiser steps"}, {"weights", ""}, {"norm", "Frobenius"}}};
  Table geometry{
      {{"step", "optimiser steps"}, {"shape", ""}, {"share", "of the digit embeddings' variance"}}};
};

double share(verify::Count part, verify::Count total) {
  return static_cast<double>(part) / static_cast<double>(total);
}

void add_classes(std::int64_t step, const verify::Certification& exact, Tables& out) {
  for (std::size_t k = 0; k < exact.by_cascade.size(); ++k) {
    const verify::Counts& n = exact.by_cascade[k];
    if (n.total > 0)
      out.classes.add({step, k, verify::to_string(n.total), verify::to_string(n.wrong),
                       verify::to_string(n.undecided), share(n.wrong + n.undecided, n.total)});
  }
}

void add_norms(std::int64_t step, const model::Decoder& d, Tables& out) {
  const auto add = [&](const char* name, const model::Weights& w) {
    double square = 0.0;
    for (const double x : w.value) square += x * x;
    if (!w.empty()) out.norms.add({step, name, std::sqrt(square)});
  };
  const model::Layer& layer = d.layers[0];
  add("token embedding", d.token_embedding);
  add("position embedding", d.position_embedding);
  add("query", layer.attention->query);
  add("key", layer.attention->key);
  add("value", layer.attention->value);
  add("attention output", layer.attention->output);
  if (layer.mlp) {
    add("feed-forward up", layer.mlp->up);
    add("feed-forward down", layer.mlp->down);
  }
}

void add_geometry(std::int64_t step, const model::Decoder& d, Tables& out) {
  const std::vector<int> digits(d.layout.digit_tokens.begin(), d.layout.digit_tokens.end());
  const Matrix points = rows_of(d.token_embedding, digits);
  const auto add = [&](const char* name, std::optional<double> x) {
    out.geometry.add({step, name, x ? Json(*x) : Json()});
  };
  const Axes axes = principal(points);
  const double total = axes.variance.sum();
  add("first axis", total > 0 ? std::optional(axes.variance[0] / total) : std::nullopt);
  add("line", explained(points, design(10, true, 0)));
  add("circle", explained(points, design(10, false, 1)));
  add("helix", explained(points, design(10, true, 1)));
}

// Margins of each step of the answer, and how many edges change any answers when they are held at their mean.
class Sampled {
 public:
  Sampled(const Subject& subject, const std::vector<Pair>& pairs)
      : subject_(subject), pairs_(pairs), parts_(subject, pairs) {}

  std::pair<int, int> add(std::int64_t snapshot, Tables& out) const {
    const auto mean = std::ranges::find(ablation_kinds(), std::string_view("mean"), &AblationKind::name);
    int used = 0, all = 0;
    for (int step = 0; step < subject_.decoder().layout.answer_digits(); ++step) {
      const std::vector<int> whole = answers(whole_step(subject_.network(), step));
      add_margins(snapshot, step, out);
      for (const AblationPart& part : parts_.parts()) {
        const auto edits = parts_.cut(part, step, *mean);
        if (edits.empty()) continue;
        const std::vector<int> cut = answers(edits);
        std::size_t changed = 0;
        for (std::size_t i = 0; i < cut.size(); ++i) changed += cut[i] != whole[i];
        used += static_cast<double>(changed) >= kInUse * static_cast<double>(cut.size());
        ++all;
      }
    }
    return {used, all};
  }

 private:
  std::vector<int> answers(const std::vector<EditedStep>& edits) const {
    PlainStep run(edits);
    std::vector<int> tokens;
    for (const Pair pair : pairs_) {
      const Vector logits = run(pair).logits;
      tokens.push_back(static_cast<int>(std::ranges::max_element(logits) - logits.begin()));
    }
    return tokens;
  }

  void add_margins(std::int64_t snapshot, int step, Tables& out) const {
    PlainStep run(whole_step(subject_.network(), step));
    Vector margins;
    double sum = 0.0;
    for (const Pair pair : pairs_) {
      margins.push_back(run.margin(run(pair), pair));
      sum += margins.back();
    }
    std::ranges::sort(margins);
    const auto n = static_cast<double>(margins.size());
    const auto right = std::ranges::count_if(margins, [](double m) { return m > 0.0; });
    out.margins.add({snapshot, step, static_cast<double>(right) / n, sum / n, margins[margins.size() / 20],
                     margins.size()});
  }

  const Subject& subject_;
  const std::vector<Pair>& pairs_;
  AblationParts parts_;
};

void add(const Snapshot& snapshot, const Options& options, Tables& out) {
  const Subject subject(model::load(snapshot.file), options);
  verify::CertifyOptions wanted;
  wanted.threads = options.threads;
  wanted.time_limit = std::min(kProof, options.time_limit);
  wanted.interrupted = options.interrupted;
  wanted.margin = false;
  wanted.regions = 0;
  const verify::Certification exact = verify::certify(subject.decoder(), wanted);
  const auto pairs = subject.sample(kSample);
  const auto [used, all] = Sampled(subject, pairs).add(snapshot.step, out);
  const verify::Counts& n = exact.pairs;
  out.snapshots.add({snapshot.step, snapshot.metrics.value("loss", nlohmann::json()),
                     verify::to_string(n.total), verify::to_string(n.wrong), verify::to_string(n.undecided),
                     share(n.wrong + n.undecided, n.total), used, all, pairs.size()});
  add_classes(snapshot.step, exact, out);
  add_norms(snapshot.step, subject.decoder(), out);
  add_geometry(snapshot.step, subject.decoder(), out);
}

}  // namespace

Json progress(const std::string& folder, const Options& options) {
  Tables tables;
  for (const Snapshot& snapshot : snapshots(folder)) {
    if (options.interrupted && *options.interrupted) break;
    add(snapshot, options, tables);
  }
  return {{"snapshots", tables.snapshots.json()},
          {"classes", tables.classes.json()},
          {"margins", tables.margins.json()},
          {"norms", tables.norms.json()},
          {"geometry", tables.geometry.json()}};
}

}  // namespace carryscope::analysis
