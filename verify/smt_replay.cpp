#include "verify/smt_replay.h"

namespace carryscope::verify {

Replayed Replay::operator()(model::Pair pair, int step) {
  const auto tokens = model::tokenise(decoder_.layout, pair);
  const auto position = static_cast<std::size_t>(decoder_.layout.query_position(step));
  const auto logits = forward_.logits(std::span<const int>(tokens).first(position + 1));
  const Interval* const row = &logits[position * static_cast<std::size_t>(decoder_.vocabulary)];
  const int target = tokens[position + 1];
  Replayed r;
  for (int rival = 0; rival < decoder_.vocabulary; ++rival) {
    if (rival == target) continue;
    const Interval margin = row[target] - row[rival];
    if (margin.is_negative())
      r.verdict = Verdict::wrong;
    else if (!margin.is_positive() && r.verdict == Verdict::correct)
      r.verdict = Verdict::undecided;
    if (margin.upper() < r.margin.upper()) {
      r.margin = margin;
      r.rival = rival;
    }
  }
  return r;
}

}  // namespace carryscope::verify
