// PlainStep: one edited step in doubles, a pair at a time, given the true prefix.
#pragma once

#include "analysis/ablated.h"
#include "analysis/anatomy.h"
#include "model/pairs.h"
#include "model/tail.h"

namespace carryscope::analysis {

class PlainStep {
 public:
  // The edits hold for disjoint pairs, together all; the step's own place in the layout is theirs.
  explicit PlainStep(const std::vector<EditedStep>& edits);

  struct Run {
    Vector before, after, logits;  // d: the residual before and after the feed-forward; V
  };
  Run operator()(model::Pair pair);
  // The true digit's logit minus the best other one, of that run.
  double margin(const Run& run, model::Pair pair) const;
  int truth(model::Pair pair) const;  // the true digit's token

 private:
  // One query state, [head][cell][digit] and the same times d.
  struct Query {
    int symbol = 0;
    verify::Cube within;
    std::vector<verify::Cell> cells;
    Vector residual, weight, weighted;
    std::size_t tail = 0;
  };
  struct Tail {
    model::FeedForward<double> feed_forward;
    model::Normalise<double> norm;
    model::Linear<double> head;
  };
  Query plain(const verify::Attended& read, const model::Decoder& decoder) const;
  const Query& query(model::Pair pair) const;
  Vector attend(const Query& query, model::Pair pair) const;

  std::shared_ptr<const model::Decoder> decoder_;  // any of them: the layout
  int step_ = 0;
  std::vector<Query> queries_;
  std::vector<Tail> tails_;
};

}  // namespace carryscope::analysis
