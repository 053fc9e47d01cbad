// Trace: one addition as the model performs it, step by step: greedy decoding, what it generates is what
// it reads next. Digits are those of the decoder's own arithmetic (eval); what stands beside them,
// attention, carry axis, neurons and logits, is computed in doubles on the same tokens.
#pragma once

#include "analysis/carry_axis.h"
#include "analysis/subject.h"
#include "analysis/table.h"

namespace carryscope::analysis {

class Tracer {
 public:
  // Throws InputError unless the decoder has one layer with attention.
  explicit Tracer(const Subject& subject);
  // {"a", "b", "sum", "predicted", "first_wrong_step", "cascade", "steps": [...]}: docs/records.md.
  Json operator()(model::Pair pair) const;

 private:
  Json step_json(int step, model::Pair pair, std::span<const int> read, int expected, int answered) const;
  Json attention_json(const Anatomy& anatomy, std::span<const int> read) const;

  const Subject& subject_;
  Anatomist dissect_;
  std::vector<std::optional<CarryAxis>> axes_;
};

// As text for a terminal: a line for each step and, below it, the keys and neurons that count most.
std::string trace_text(const Json& trace);

}  // namespace carryscope::analysis
