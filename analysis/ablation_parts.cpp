#include "analysis/ablation_parts.h"

#include "analysis/fit.h"
#include "analysis/step_parts.h"
#include "model/tail.h"
#include "verify/rounding.h"

namespace carryscope::analysis {
namespace {

using model::Decoder, model::Pair;
using verify::Attended, verify::Cube, verify::Interval;

constexpr std::size_t kFit = 100;  // pairs behind a fit
constexpr int kIterations = 25;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

bool reads_attention(const NormPlace& norm) { return &norm == &norm_places()[0]; }

Decoder norm_held(const Decoder& decoder, const NormPlace& norm, double scale) {
  const verify::RoundUpward upward;
  return with_norm_held(decoder, norm, scale);
}

std::vector<Attended> attend(const Decoder& decoder, int step) {
  const verify::RoundUpward upward;
  const auto table = std::make_unique<const model::AttentionTable<Interval>>(decoder);
  const model::Slot& own = decoder.layout.slot(decoder.layout.query_position(step));
  std::vector<Attended> states;
  for (int symbol = 0; symbol < model::symbols(own); ++symbol)
    states.push_back(verify::attend(*table, step, symbol));
  return states;
}

std::vector<AblationPart> parts_of(Decoder decoder) {
  std::vector<AblationPart> parts;
  for (const TokenRole& role : token_roles()) parts.push_back({role.name, -1, &role});
  for (int h = 0; h < decoder.layers[0].attention->heads; ++h) parts.push_back({"head", h});
  for (int j = 0; decoder.layers[0].mlp && j < decoder.layers[0].mlp->up.cols; ++j)
    parts.push_back({"neuron", j});
  for (const NormPlace& norm : norm_places())
    if (norm.of(decoder).type != model::NormType::none && !norm.readers(decoder).empty())
      parts.push_back({norm.name, -1, nullptr, &norm});
  return parts;
}

}  // namespace

AblationParts::AblationParts(const Subject& subject, std::vector<Pair> pairs)
    : whole_(subject.network()),
      decoder_(std::make_shared<const Decoder>(subject.decoder())),
      pairs_(std::move(pairs)),
      parts_(parts_of(subject.decoder())) {
  Decoder decoder = subject.decoder();
  for (const NormPlace& norm : norm_places()) norms_.push_back(norm.of(decoder));
  const Anatomist dissect(subject.table());
  for (int step = 0; step < decoder_->layout.answer_digits(); ++step)
    anatomies_.push_back(anatomies(dissect, decoder_->layout, step, pairs_));
}

std::vector<EditedStep> AblationParts::cut(const AblationPart& part, int step,
                                           const AblationKind& kind) const {
  std::vector<EditedStep> edits;
  const model::Layout& layout = decoder_->layout;
  for (const Substitution& by :
       kind.substitutions(layout.digits, layout.answer[index(step)].place, stated())) {
    edits.push_back(part.role ? without_role(*part.role, step, kind, by) : held(part, step, kind, by));
    if (edits.back().states.empty()) return {};
  }
  return edits;
}

EditedStep AblationParts::without_role(const TokenRole& role, int step, const AblationKind& kind,
                                       const Substitution& by) const {
  std::vector<Attended> states = whole_.steps[index(step)];
  for (Attended& read : states) read.within = by.within;
  if (!cut_role(states, decoder_->layout, role, *kind.keys, by.standing)) return {};
  if (kind.fitted)
    for (Attended& read : states)
      fit_keys(read, positions_of(read, decoder_->layout, role, kind.keys->of_digits), *decoder_, pairs_);
  return {std::move(states), decoder_};
}

EditedStep AblationParts::held(const AblationPart& part, int step, const AblationKind& kind,
                               const Substitution& by) const {
  using Held = AblationKind::Held;
  if (kind.held == Held::never || (kind.held == Held::zero && part.norm)) return {};
  Vector value = mean(part, step, by.standing);
  if (kind.held == Held::zero) value.assign(value.size(), 0.0);
  if (kind.fitted) value = fitted(part, step, value);
  return held_at(part, step, value, by.within);
}

EditedStep AblationParts::held_at(const AblationPart& part, int step, const Vector& value,
                                  const Cube& within) const {
  EditedStep edit{whole_.steps[index(step)], decoder_};
  if (part.norm) {
    edit.tail = std::make_shared<const Decoder>(norm_held(*decoder_, *part.norm, value[0]));
    if (reads_attention(*part.norm)) edit.states = attend(*edit.tail, step);
  } else if (part.node == "neuron") {
    edit.tail = std::make_shared<const Decoder>(with_neuron_held(*decoder_, part.index, value[0]));
  } else {
    for (Attended& read : edit.states) hold_head(read, part.index, value);
  }
  for (Attended& read : edit.states) read.within = within;
  return edit;
}

// A head's output (d), a neuron's activation, a norm's scale (of attention: on average over the keys).
Vector AblationParts::value(const AblationPart& part, int step, std::size_t pair) const {
  const Anatomy& at = anatomies_[index(step)][pair];
  if (part.node == "head") return at.head[index(part.index)];
  if (part.node == "neuron") return {at.neurons[index(part.index)]};
  const auto which = static_cast<std::size_t>(part.norm - norm_places().data());
  const model::Norm& norm = norms_[which];
  if (which > 0) return {inverse_root(norm, which == 1 ? at.before : at.after)};
  const model::Embedding<double> embedding(*decoder_);
  const std::vector<int> tokens = model::tokenise(decoder_->layout, pairs_[pair]);
  const int positions = decoder_->layout.query_position(step) + 1;
  double sum = 0.0;
  for (int p = 0; p < positions; ++p) sum += inverse_root(norm, embedding(p, tokens[index(p)]));
  return {sum / positions};
}

Vector AblationParts::mean(const AblationPart& part, int step, const Cube& standing) const {
  Vector sum = value(part, step, 0);
  std::ranges::fill(sum, 0.0);
  double count = 0.0;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (!standing.contains(pairs_[i])) continue;
    const Vector x = value(part, step, i);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += x[k];
    count += 1.0;
  }
  for (double& x : sum) x /= std::max(count, 1.0);
  return sum;
}

Vector AblationParts::fitted(const AblationPart& part, int step, const Vector& start) const {
  return minimise([&](const Vector& at) { return loss(part, step, at); }, start, kIterations);
}

// Mean cross-entropy of the true digit over the first pairs, with the part held at the value.
double AblationParts::loss(const AblationPart& part, int step, const Vector& value) const {
  const std::size_t count = std::min(kFit, pairs_.size());
  PlainStep run({held_at(part, step, value, Cube::everything(decoder_->layout.digits))});
  double sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) sum += cross_entropy(run(pairs_[i]).logits, run.truth(pairs_[i]));
  return sum / static_cast<double>(count);
}

}  // namespace carryscope::analysis
