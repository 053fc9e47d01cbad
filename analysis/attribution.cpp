// The record `attribution`: what each part of the residual adds to each step's margin.
//
// The head's input is the final norm of a sum of parts: the token's embedding, its position's, each key's
// share of each head, the output bias, each neuron, the down bias. With the norm's mean subtraction
// and scale held at their values for the pair, logits are linear in the parts, so that the parts, with
// the norm's and the head's bias as one more, sum to the logit itself. `sum_error` says how far doubles
// are from that. The logit lens reads the residual on its way through the final norm. Means over sampled
// pairs, and a few additions one by one.
#include "analysis/attribution.h"

#include <algorithm>
#include <limits>

#include "analysis/analyses.h"
#include "model/pairs.h"

namespace carryscope::analysis {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }
using model::Decoder, model::Weights;

void add_row(Vector& x, const Weights& w, int row, double scale) {
  for (int i = 0; i < w.cols; ++i) x[index(i)] += scale * w.value[w.at(row, i)];
}

// What a key adds to the residual through a head, per unit of share.
Vector output_of(const model::AttentionTable<double>& table, int head, int position, int token) {
  const Decoder& d = table.decoder();
  const model::Attention& shape = table.maps().shape();
  const auto state = table.maps().state(position, model::Embedding<double>(d)(position, token));
  Vector x(index(d.width()));
  for (int v = 0; v < shape.value_dim; ++v)
    add_row(x, shape.output, head * shape.value_dim + v,
            state.value[index(table.maps().kv_head(head) * shape.value_dim + v)]);
  return x;
}

// A part's logits: (part - its mean, for LayerNorm) * inverse * weight, through the head.
Vector logits_of(const Decoder& d, Vector part, double inverse) {
  double mean = 0.0;
  if (d.final_norm.type == model::NormType::layer)
    for (const double v : part) mean += v / static_cast<double>(part.size());
  Vector logits(index(d.vocabulary));
  for (std::size_t i = 0; i < part.size(); ++i) {
    const double weight = d.final_norm.weight.empty() ? 1.0 : d.final_norm.weight.value[i];
    for (int v = 0; v < d.vocabulary; ++v)
      logits[index(v)] +=
          (part[i] - mean) * inverse * weight * d.head.value[d.head.at(static_cast<int>(i), v)];
  }
  return logits;
}

// The norm's and the head's biases.
Vector bias_logits(const Decoder& d) {
  Vector logits(index(d.vocabulary));
  for (std::size_t v = 0; v < d.head_bias.value.size(); ++v) logits[v] += d.head_bias.value[v];
  for (std::size_t i = 0; i < d.final_norm.bias.value.size(); ++i)
    for (int v = 0; v < d.vocabulary; ++v)
      logits[index(v)] += d.final_norm.bias.value[i] * d.head.value[d.head.at(static_cast<int>(i), v)];
  return logits;
}

std::vector<Part> residual_parts(const model::AttentionTable<double>& table, std::span<const int> tokens,
                                 const Anatomy& anatomy) {
  const Decoder& d = table.decoder();
  const auto width = index(d.width());
  std::vector<Part> parts;
  parts.push_back({"token", Vector(width)});
  add_row(parts.back().values, d.token_embedding, tokens.back(), 1.0);
  if (!d.position_embedding.empty()) {
    parts.push_back({"position", Vector(width)});
    add_row(parts.back().values, d.position_embedding, static_cast<int>(tokens.size()) - 1, 1.0);
  }
  for (std::size_t h = 0; h < anatomy.share.size(); ++h)
    for (std::size_t p = 0; p < tokens.size(); ++p) {
      const int position = static_cast<int>(p);
      parts.push_back(
          {"head " + std::to_string(h) + " " + slot_name(d.layout.slot(position)) + " @" + std::to_string(p),
           output_of(table, static_cast<int>(h), position, tokens[p])});
      for (double& x : parts.back().values) x *= anatomy.share[h][p];
    }
  const auto add_bias = [&](const char* name, const Weights& bias) {
    if (!bias.empty()) parts.push_back({name, bias.value});
  };
  add_bias("output bias", d.layers[0].attention->output_bias);
  for (std::size_t j = 0; j < anatomy.neurons.size(); ++j) {
    parts.push_back({"neuron " + std::to_string(j), Vector(width)});
    add_row(parts.back().values, d.layers[0].mlp->down, static_cast<int>(j), anatomy.neurons[j]);
  }
  if (d.layers[0].mlp) add_bias("down bias", d.layers[0].mlp->down_bias);
  return parts;
}

Vector lens(const Decoder& d, const Vector& residual) {
  Vector logits = logits_of(d, residual, inverse_root(d.final_norm, residual));
  const Vector bias = bias_logits(d);
  for (std::size_t v = 0; v < bias.size(); ++v) logits[v] += bias[v];
  return logits;
}

}  // namespace

Attribution attribute(const model::AttentionTable<double>& table, const Anatomist& dissect,
                      std::span<const int> tokens) {
  const Decoder& d = table.decoder();
  const Anatomy anatomy = dissect(tokens);
  const double inverse = inverse_root(d.final_norm, anatomy.after);
  Attribution out;
  out.logits = anatomy.logits;
  out.parts = residual_parts(table, tokens, anatomy);
  for (Part& part : out.parts) part.values = logits_of(d, part.values, inverse);
  out.parts.push_back({"norm and head bias", bias_logits(d)});
  for (std::size_t v = 0; v < out.logits.size(); ++v) {
    double sum = 0.0, size = 0.0;
    for (const Part& part : out.parts) {
      sum += part.values[v];
      size += std::abs(part.values[v]);
    }
    const double ulp = std::numeric_limits<double>::epsilon() * size;
    if (ulp > 0) out.error_ulps = std::max(out.error_ulps, std::abs(sum - out.logits[v]) / ulp);
  }
  out.lens_embedding = lens(d, anatomy.embedding);
  out.lens_before = lens(d, anatomy.before);
  return out;
}

namespace {

struct Mean {
  double sum = 0.0, square = 0.0;
  void add(double x) {
    sum += x;
    square += x * x;
  }
  double mean(double n) const { return sum / n; }
  double error(double n) const { return std::sqrt(std::max(0.0, square / n - mean(n) * mean(n)) / n); }
};

// The best logit but the true one.
std::size_t rival_of(const Vector& logits, std::size_t truth) {
  std::size_t rival = truth == 0 ? 1 : 0;
  for (std::size_t v = 0; v < logits.size(); ++v)
    if (v != truth && logits[v] > logits[rival]) rival = v;
  return rival;
}

// A few additions, part by part.
class Examples {
 public:
  Examples(const model::AttentionTable<double>& table, const Anatomist& dissect)
      : table_(table), dissect_(dissect) {}

  void add(model::Pair pair) {
    const model::Layout& layout = table_.decoder().layout;
    const std::string sum = std::to_string(pair.a) + " + " + std::to_string(pair.b);
    const std::vector<int> tokens = model::tokenise(layout, pair);
    for (int step = 0; step < layout.answer_digits(); ++step) {
      const std::size_t query = index(layout.query_position(step));
      const Attribution a = attribute(table_, dissect_, std::span(tokens).first(query + 1));
      const auto truth = index(tokens[query + 1]);
      const std::size_t rival = rival_of(a.logits, truth);
      const auto row = [&](const std::string& part, const Vector& values) {
        parts_.add({sum, step, part, values[truth] - values[rival], written(truth), written(rival)});
      };
      for (const Part& part : a.parts) row(part.name, part.values);
      row("total", a.logits);
      for (const auto& [stage, logits] : {std::pair("embedding", &a.lens_embedding),
                                          {"after attention", &a.lens_before},
                                          {"after the feed-forward", &a.logits}})
        for (const int token : layout.digit_tokens)
          lens_.add({sum, step, stage, written(index(token)), (*logits)[index(token)], written(truth)});
    }
  }
  Json json() const { return {{"parts", parts_.json()}, {"lens", lens_.json()}}; }

 private:
  // The digit that the token writes.
  std::string written(std::size_t token) const {
    const auto& digits = table_.decoder().layout.digit_tokens;
    const auto found = std::ranges::find(digits, static_cast<int>(token));
    return found == digits.end() ? "token " + std::to_string(token) : std::to_string(found - digits.begin());
  }

  const model::AttentionTable<double>& table_;
  const Anatomist& dissect_;
  Table parts_{
      {{"sum", ""}, {"step", ""}, {"part", ""}, {"margin", "logits"}, {"true_digit", ""}, {"rival", ""}}};
  Table lens_{
      {{"sum", ""}, {"step", ""}, {"residual", ""}, {"digit", ""}, {"logit", "logits"}, {"true_digit", ""}}};
};

// The longest cascade, no carry at all, any pair, and of the sample the least margin.
Json examples(const Subject& subject, const Anatomist& dissect, const std::vector<model::Pair>& sample,
              model::Pair least) {
  const std::uint64_t nines = model::power_of_ten(subject.decoder().layout.digits) - 1;
  Examples list(subject.table(), dissect);
  for (const model::Pair pair : {model::Pair{nines, 1}, {nines / 9 * 4, nines / 9 * 5}, sample[0], least})
    list.add(pair);
  return list.json();
}

// Sums of one step over the sample.
struct StepSums {
  std::vector<Part> parts;  // the last pair's, for their names
  std::vector<Mean> margins;
  double right_before = 0.0, right_after = 0.0;
};

// What is kept over all steps: how far the parts were from adding up, and the pair that came nearest to
// wrong.
struct Extremes {
  double error_ulps = 0.0, margin = std::numeric_limits<double>::infinity();
  model::Pair nearest;
};

StepSums sums_of(const Subject& subject, const Anatomist& dissect, int step,
                 std::span<const model::Pair> pairs, Extremes& extremes) {
  const model::Layout& layout = subject.decoder().layout;
  const std::size_t query = index(layout.query_position(step));
  StepSums sums;
  for (const model::Pair pair : pairs) {
    const std::vector<int> tokens = model::tokenise(layout, pair);
    const Attribution a = attribute(subject.table(), dissect, std::span(tokens).first(query + 1));
    const auto truth = index(tokens[query + 1]);
    const std::size_t rival = rival_of(a.logits, truth);
    const double margin = a.logits[truth] - a.logits[rival];
    sums.margins.resize(a.parts.size());
    for (std::size_t i = 0; i < a.parts.size(); ++i)
      sums.margins[i].add(a.parts[i].values[truth] - a.parts[i].values[rival]);
    sums.right_before += margin_of(a.lens_before, tokens[query + 1]) > 0;
    sums.right_after += margin > 0;
    sums.parts = a.parts;
    extremes.error_ulps = std::max(extremes.error_ulps, a.error_ulps);
    if (margin < extremes.margin) extremes = {extremes.error_ulps, margin, pair};
  }
  return sums;
}

}  // namespace

Json attribution(const Subject& subject) {
  const model::Layout& layout = subject.decoder().layout;
  const Anatomist dissect(subject.table());
  const auto pairs = subject.sample(index(std::min(subject.options().samples, 2000)));
  Table parts({{"step", ""},
               {"part", ""},
               {"margin", "logits, sampled mean"},
               {"standard_error", "logits"},
               {"sample", "pairs"}});
  Table lens({{"step", ""},
              {"before_right", "share, sampled"},
              {"after_right", "share, sampled"},
              {"sample", "pairs"}});
  Extremes extremes;
  const auto n = static_cast<double>(pairs.size());
  for (int step = 0; step < layout.answer_digits(); ++step) {
    const StepSums sums = sums_of(subject, dissect, step, pairs, extremes);
    for (std::size_t i = 0; i < sums.parts.size(); ++i)
      parts.add({step, sums.parts[i].name, sums.margins[i].mean(n), sums.margins[i].error(n), pairs.size()});
    lens.add({step, sums.right_before / n, sums.right_after / n, pairs.size()});
  }
  return {{"parts", parts.json()},
          {"lens", lens.json()},
          {"examples", examples(subject, dissect, pairs, extremes.nearest)},
          {"sum_error_ulps", extremes.error_ulps}};
}

}  // namespace carryscope::analysis
