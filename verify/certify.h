// certify: how many of the 10^(2n) pairs a one-layer decoder gets wrong, exactly, or within a proven
// bracket where time runs out.
//
// A pair is wrong iff at some answer digit, given the true prefix, another logit is not below the
// true digit's. Every step is searched on its own (step_search.h); the steps' failing sets overlap,
// so the total is the measure of their union (failure_union.h), never their sum.
//     correct + wrong + rounding + undecided = 10^(2n), to the last pair.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "verify/mixture.h"
#include "verify/open_pairs.h"
#include "verify/step_search.h"

namespace carryscope::verify {

struct Progress {
  int decided = 0, questions = 0;  // query states decided to the last pair, of all
  double seconds = 0.0;
};

struct CertifyOptions {
  Semantics semantics = Semantics::real;
  int threads = 1;                 // changes nothing but the time, unless time runs out
  double time_limit = kInfinity;   // seconds, for all of it; the search gets most of them
  double above = 0.0;              // pairs whose margin is not above count as wrong; real only
  bool margin = true;              // also bracket the smallest margin over the whole domain
  int regions = 20;                // how many failing regions to return; fewer where time runs out
  bool total_only = false;         // end once a step gets every pair wrong: others stay open
  bool leaves = false;             // return every leaf, for a certificate
  std::optional<Mixture> mixture;  // also count under this distribution of operands
  const std::atomic<bool>* interrupted = nullptr;  // set it to stop with what is proven so far
  std::function<void(const Progress&)> progress;   // called from one thread, a few times a second
};

struct StepCounts {
  int step = 0, place = 0;
  Counts own;                // of this step alone: the steps' failing sets overlap
  Count first_failures = 0;  // wrong pairs charged to this step because no earlier one is wrong
  std::uint64_t nodes = 0;
};

// A failing region: pairs that `step` gets wrong, with one that was replayed. Regions of one step are
// disjoint, those of two steps may overlap.
struct Region {
  int step = 0;
  Cube cube;
  Count pairs = 0;
  Count first_failures = 0;  // of those, pairs that no earlier step gets wrong
  model::Pair example;
  std::optional<std::uint64_t> predicted;  // what greedy decoding of the example gives; nothing: no number
};

struct SmallestMargin {
  Interval margin;  // encloses the smallest margin (logits) over all pairs and steps
  model::Pair pair;
  int step = 0;
};

// Every leaf of one query state; they tile the question's domain.
struct QuestionLeaves {
  int step = 0, symbol = 0;
  Cube domain;
  std::vector<Leaf> leaves;
};

struct Certification {
  int digits = 0;
  Semantics semantics = Semantics::real;
  LibraryUlps ulps;
  Counts pairs;
  bool exact = false;  // nothing undecided
  std::vector<StepCounts> steps;
  std::vector<Counts> by_cascade;          // [k]: pairs of cascade class S_k, 0..n
  std::vector<Counts> by_carries;          // [bits]: bit i-1 = carry into place i; empty where n > 12
  std::string mixture;                     // its name; empty where none was asked for
  std::vector<PartCounts> by_part;         // of the mixture
  std::vector<Region> regions;             // by mass, largest first
  std::size_t region_count = 0;            // of all regions, also those not returned
  std::optional<OpenPairs> by_reference;   // of undecided and rounding-dependent pairs, where they are few
  std::optional<SmallestMargin> smallest;  // absent where not asked for or not finished in time
  std::vector<QuestionLeaves> leaves;      // by step and symbol; empty where not asked for
  double seconds = 0.0;
  std::uint64_t nodes = 0;
};

// Throws InputError where no engine can handle the model, by name of the feature.
Certification certify(const model::Decoder& decoder, const CertifyOptions& options);

}  // namespace carryscope::verify
