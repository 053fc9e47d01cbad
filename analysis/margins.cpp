// The record `margins`: by how much each step is right, proven: the smallest margin (the true digit's logit
// minus the best other one) over all pairs, as a bracket with a pair that attains its upper end.
//
// By step it comes from the certifier's search (verify/smallest_margin.h), over the reals. By cascade class
// only the ends are known: no pair is below its step's minimum, and the best pair found by looking at
// sampled pairs of the class bounds it from above.
#include <algorithm>

#include "analysis/analyses.h"
#include "analysis/anatomy.h"
#include "model/pair_classes.h"
#include "verify/search_all.h"
#include "verify/smallest_margin.h"
#include "verify/workers.h"

namespace carryscope::analysis {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

using Smallest = std::vector<std::optional<verify::SmallestMargin>>;  // [step]

// Inside, doubles are rounded upward.
Smallest smallest_by_step(const Subject& subject) {
  const model::Decoder& d = subject.decoder();
  const verify::SearchAll searches(d, verify::Semantics::real, subject.options().threads);
  Smallest by_step;
  for (int step = 0; step < d.layout.answer_digits(); ++step) {
    std::vector<const verify::Question*> questions;
    for (const auto& entry : searches.step(step)) questions.push_back(entry.question.get());
    const verify::Deadline deadline(subject.options().time_limit / d.layout.answer_digits(),
                                    subject.options().interrupted);
    by_step.push_back(verify::smallest_margin(d, questions, subject.options().threads, deadline));
  }
  return by_step;
}

Json steps_json(const Subject& subject, const Smallest& by_step) {
  Table out(
      {{"step", ""}, {"place", ""}, {"min_low", "logits"}, {"min_high", "logits"}, {"a", ""}, {"b", ""}});
  for (std::size_t step = 0; step < by_step.size(); ++step) {
    const int place = subject.decoder().layout.answer[step].place;
    if (const auto& m = by_step[step])
      out.add({step, place, m->margin.lower(), m->margin.upper(), m->pair.a, m->pair.b});
    else
      out.add({step, place, nullptr, nullptr, nullptr, nullptr});  // not finished in time
  }
  return out.json();
}

struct Least {
  double margin = 0.0;
  model::Pair pair;
  bool found = false;
};

// The least margin of the pairs at each step.
std::vector<Least> least_of(const Anatomist& dissect, const model::Layout& layout,
                            const std::vector<model::Pair>& pairs) {
  std::vector<Least> least(index(layout.answer_digits()));
  for (const model::Pair pair : pairs) {
    const std::vector<int> tokens = model::tokenise(layout, pair);
    for (int step = 0; step < layout.answer_digits(); ++step) {
      const std::size_t query = index(layout.query_position(step));
      const double margin = margin_of(dissect(std::span(tokens).first(query + 1)).logits, tokens[query + 1]);
      Least& best = least[index(step)];
      if (!best.found || margin < best.margin) best = {margin, pair, true};
    }
  }
  return least;
}

Json classes_json(const Subject& subject, const Smallest& by_step) {
  const model::Layout& layout = subject.decoder().layout;
  const Anatomist dissect(subject.table());
  Table out({{"class", ""},
             {"step", ""},
             {"min_low", "logits"},
             {"min_high", "logits"},
             {"a", ""},
             {"b", ""},
             {"sample", "pairs"}});
  for (int k = 0; k <= layout.digits; ++k) {
    const auto size = index(std::max(100, subject.options().samples / (layout.digits + 1)));
    std::vector<model::Pair> pairs =
        model::PairClass::of_cascade(k, layout.digits).sample(size, subject.options().seed);
    for (const auto& m : by_step)
      if (m && model::cascade_class(m->pair, layout.digits) == k) pairs.push_back(m->pair);
    const std::vector<Least> least = least_of(dissect, layout, pairs);
    for (std::size_t step = 0; step < least.size(); ++step) {
      const auto& proven = by_step[step];
      // The minimum's own pair is enclosed, not merely evaluated in doubles.
      const bool own = proven && least[step].pair == proven->pair;
      out.add({k, step, proven ? Json(proven->margin.lower()) : Json(nullptr),
               own ? proven->margin.upper() : least[step].margin, least[step].pair.a, least[step].pair.b,
               pairs.size()});
    }
  }
  return out.json();
}

}  // namespace

Json margins(const Subject& subject) {
  subject.table();  // refuses what has no table
  Smallest by_step;
  verify::in_parallel(1, [&](int) { by_step = smallest_by_step(subject); });
  return {{"semantics", "real"},
          {"steps", steps_json(subject, by_step)},
          {"classes", classes_json(subject, by_step)}};
}

}  // namespace carryscope::analysis
