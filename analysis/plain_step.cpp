#include "analysis/plain_step.h"

#include "model/error.h"
#include "verify/elementary.h"

namespace carryscope::analysis {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

PlainStep::PlainStep(const std::vector<EditedStep>& edits) : decoder_(edits.front().tail) {
  for (const EditedStep& edit : edits) {
    for (const verify::Attended& read : edit.states) {
      step_ = read.step;
      queries_.push_back(plain(read, *edit.tail));
      queries_.back().tail = tails_.size();
    }
    tails_.push_back({model::FeedForward<double>(edit.tail->layers[0]),
                      model::Normalise<double>(edit.tail->final_norm),
                      model::Linear<double>(edit.tail->head, edit.tail->head_bias)});
  }
}

PlainStep::Query PlainStep::plain(const verify::Attended& read, const model::Decoder& decoder) const {
  Query q;
  q.symbol = read.symbol;
  q.within = read.within;
  q.cells = read.cells;
  for (const auto& x : read.residual) q.residual.push_back(x.mid());
  const model::Weights& bias = decoder.layers[0].attention->output_bias;
  for (std::size_t i = 0; i < bias.value.size(); ++i) q.residual[i] += bias.value[i];
  const std::size_t entries = read.readings.size() * q.cells.size() * model::kSymbols;
  q.weight.assign(entries, 0.0);
  q.weighted.assign(entries * q.residual.size(), 0.0);
  for (std::size_t h = 0; h < read.readings.size(); ++h)
    for (std::size_t c = 0; c < q.cells.size(); ++c)
      for (std::size_t d = 0; d < read.readings[h][c].size(); ++d) {
        const verify::Reading& r = read.readings[h][c][d];
        const std::size_t at = (h * q.cells.size() + c) * model::kSymbols + d;
        q.weight[at] = r.weight.mid();
        for (std::size_t i = 0; i < r.contribution.size(); ++i)
          q.weighted[at * q.residual.size() + i] = q.weight[at] * r.contribution[i].mid();
      }
  return q;
}

const PlainStep::Query& PlainStep::query(model::Pair pair) const {
  const model::Slot& own = decoder_->layout.slot(decoder_->layout.query_position(step_));
  const int symbol = own.role == model::Role::fixed ? 0 : verify::digit_of({own.role, own.place}, pair);
  for (const Query& q : queries_)
    if (q.symbol == symbol && q.within.contains(pair)) return q;
  throw model::BrokenInvariant("an edited step has a query state for every pair");
}

Vector PlainStep::attend(const Query& q, model::Pair pair) const {
  Vector x = q.residual, mixed;
  const std::size_t width = x.size(), heads = q.weight.size() / (q.cells.size() * model::kSymbols);
  for (std::size_t h = 0; h < heads; ++h) {
    double total = 0.0;
    mixed.assign(width, 0.0);
    for (std::size_t c = 0; c < q.cells.size(); ++c) {
      const int d = q.cells[c].fixed ? 0 : verify::digit_of(q.cells[c].token, pair);
      const std::size_t at = (h * q.cells.size() + c) * model::kSymbols + index(d);
      total += q.weight[at];
      for (std::size_t i = 0; i < width; ++i) mixed[i] += q.weighted[at * width + i];
    }
    if (total > 0.0)
      for (std::size_t i = 0; i < width; ++i) x[i] += mixed[i] / total;
  }
  return x;
}

PlainStep::Run PlainStep::operator()(model::Pair pair) {
  const Query& q = query(pair);
  Tail& tail = tails_[q.tail];
  Run run;
  run.before = attend(q, pair);
  run.after = run.before;
  tail.feed_forward.apply(run.after);
  Vector normed = run.after;
  tail.norm.apply(normed);
  run.logits.resize(index(tail.head.cols));
  tail.head.apply(std::span<const double>(normed), std::span(run.logits));
  return run;
}

double PlainStep::margin(const Run& run, model::Pair pair) const {
  return margin_of(run.logits, truth(pair));
}

int PlainStep::truth(model::Pair pair) const {
  const int place = decoder_->layout.answer[index(step_)].place;
  return decoder_->layout.digit_tokens[index(verify::digit_of({model::Role::sum, place}, pair))];
}

}  // namespace carryscope::analysis
