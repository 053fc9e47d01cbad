#include "analysis/wrong_pairs.h"

#include "verify/failure_union.h"
#include "verify/rounding.h"
#include "verify/search_all.h"

namespace carryscope::analysis {
namespace {

using verify::Attended, verify::Cell, verify::Leaf, verify::Verdict;

constexpr double kSearchShare = 0.7;    // of the time; the union gets the rest
constexpr std::size_t kCertain = 1000;  // cubes returned

std::size_t index(int i) { return static_cast<std::size_t>(i); }

std::vector<std::vector<verify::Question>> questions(const Network& network, const Steps& steps) {
  const verify::RoundUpward upward;
  std::vector<std::vector<verify::Question>> all;
  for (const auto& states : steps) {
    all.emplace_back();
    for (const Attended& read : states) {
      verify::Question q = verify::ask(*network.table, read);
      if (verify::count(q.domain()) > 0) all.back().push_back(std::move(q));
    }
  }
  return all;
}

}  // namespace

WrongPairs wrong_pairs(const Network& network, const Steps& steps, const SearchLimits& limits) {
  const verify::Deadline deadline(kSearchShare * limits.seconds, limits.interrupted);
  verify::SearchAll searches(network.decoder, verify::Semantics::real, limits.threads,
                             questions(network, steps));
  searches.run(deadline, true, {}, limits.work);

  WrongPairs result;
  std::vector<std::vector<Leaf>> leaves;
  verify::Count worst = 0;
  for (int step = 0; step < searches.steps(); ++step) {
    leaves.emplace_back();
    verify::Count wrong = 0;
    for (const auto& entry : searches.step(step)) {
      wrong += entry.search->tally().wrong;
      for (const auto& more : {entry.search->leaves(), entry.search->open()})
        leaves.back().insert(leaves.back().end(), more.begin(), more.end());
    }
    worst = std::max(worst, wrong);
    for (const Leaf& leaf : leaves.back())
      if (leaf.verdict == Verdict::wrong && result.certain.size() < kCertain)
        result.certain.push_back(leaf.cube);
  }
  const verify::Deadline for_union(
      std::max(limits.seconds - deadline.elapsed(), (1.0 - kSearchShare) * limits.seconds));
  result.pairs = verify::FailureUnion(leaves, worst, network.decoder.layout.digits, for_union).pairs();
  result.seconds = deadline.elapsed();
  return result;
}

PlainSteps::PlainSteps(const model::Decoder& decoder, const Steps& steps)
    : decoder_(decoder), tail_(decoder), logits_(index(decoder.vocabulary)) {
  for (const auto& states : steps) {
    steps_.emplace_back();
    for (const Attended& read : states) steps_.back().push_back(plain(read));
  }
}

PlainSteps::Query PlainSteps::plain(const Attended& read) const {
  Query q;
  q.cells = read.cells;
  for (const auto& x : read.residual) q.residual.push_back(x.mid());
  const model::Weights& bias = decoder_.layers[0].attention->output_bias;
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

int PlainSteps::digit(const verify::Token& token, model::Pair pair) const {
  const std::uint64_t number = token.role == model::Role::a   ? pair.a
                               : token.role == model::Role::b ? pair.b
                                                              : pair.a + pair.b;
  return model::digit_at(number, token.place);
}

bool PlainSteps::wrong(model::Pair pair) {
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    if (steps_[step].empty()) continue;
    const int s = static_cast<int>(step);
    const model::Slot& own = decoder_.layout.slot(decoder_.layout.query_position(s));
    const int symbol = own.role == model::Role::fixed ? 0 : digit({own.role, own.place}, pair);
    if (wrong(s, steps_[step][index(symbol)], pair)) return true;
  }
  return false;
}

bool PlainSteps::wrong(int step, const Query& q, model::Pair pair) {
  x_ = q.residual;
  const std::size_t width = x_.size(), heads = q.weight.size() / (q.cells.size() * model::kSymbols);
  for (std::size_t h = 0; h < heads; ++h) {
    double total = 0.0;
    mixed_.assign(width, 0.0);
    for (std::size_t c = 0; c < q.cells.size(); ++c) {
      const int d = q.cells[c].fixed ? 0 : digit(q.cells[c].token, pair);
      const std::size_t at = (h * q.cells.size() + c) * model::kSymbols + index(d);
      total += q.weight[at];
      for (std::size_t i = 0; i < width; ++i) mixed_[i] += q.weighted[at * width + i];
    }
    if (total > 0.0)
      for (std::size_t i = 0; i < width; ++i) x_[i] += mixed_[i] / total;
  }
  tail_.logits(x_, logits_);
  const int place = decoder_.layout.answer[index(step)].place;
  const int own = decoder_.layout.digit_tokens[index(digit({model::Role::sum, place}, pair))];
  for (int token = 0; token < decoder_.vocabulary; ++token)
    if (token != own && !(logits_[index(token)] < logits_[index(own)])) return true;
  return false;
}

}  // namespace carryscope::analysis
