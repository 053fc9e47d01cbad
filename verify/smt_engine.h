// prove: whether any pair fails at a step, asked of Z3.
//
// An engine of its own beside the search (step_search.h): no branch and bound, no ranges along the carry
// automaton, no counts. The digits are one-hot Booleans tied by their carries. Z3 proposes a pair; it is
// replayed by the plain forward pass in intervals. If it fails, the step is refuted. If not, a lemma
// (smt_lemma.h) excludes it together with whatever the tail treats alike, and Z3 is asked again, until it
// finds no pair any more: proven. What it shares with the search is the question (tables) and the tail's
// bounds. Over the reals only. A time limit gives `undecided`, as do pairs so close to a tie that intervals
// cannot tell.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include "model/decoder.h"
#include "verify/interval.h"
#include "verify/query/expression.h"

namespace carryscope::verify {

enum class Proof { proven, refuted, undecided };

struct ProveOptions {
  int step = -1;                             // 0 .. answer digits - 1; -1: all of them
  const query::Expression* where = nullptr;  // only pairs that meet it
  int threads = 1;
  double time_limit = kInfinity;  // seconds, for all of it
  const std::atomic<bool>* interrupted = nullptr;
};

// A pair that fails, as the replay saw it.
struct Counterexample {
  model::Pair pair;
  int rival = 0;                           // the token that is ahead of the true digit's
  Interval margin;                         // encloses the true digit's logit minus the rival's; negative
  std::optional<std::uint64_t> predicted;  // what greedy decoding in the model's own precision says
};

struct StepProof {
  int step = 0, place = 0;
  Proof verdict = Proof::proven;
  std::optional<Counterexample> counterexample;
  std::uint64_t proposals = 0, lemmas = 0;  // pairs that Z3 proposed; lemmas that it was given
  std::uint64_t ties = 0;                   // pairs that intervals could not tell from a tie
  double seconds = 0.0;
};

// Calls done(proof) after each step. Throws InputError where the model or the condition cannot be handled.
std::vector<StepProof> prove(const model::Decoder& decoder, const ProveOptions& options,
                             const std::function<void(const StepProof&)>& done = {});

}  // namespace carryscope::verify
