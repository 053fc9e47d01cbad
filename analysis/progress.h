// The record `progress`: what a training run learns when, from the snapshots that it kept.
//
// A run's folder (docs/training.md) with metrics.jsonl and step-N.pt for its evaluations: of each, how wrong
// it is, proven, by cascade class; margins and shares right of each step; how many edges are in use; norms of
// the weights; how the digits' embeddings lie.
#pragma once

#include "analysis/subject.h"
#include "analysis/table.h"

namespace carryscope::analysis {

// The payload, without an envelope. `options`: threads, samples' seed, time for each snapshot's proof.
// Throws InputError: no snapshots, one that is no one-layer model.
Json progress(const std::string& folder, const Options& options);

}  // namespace carryscope::analysis
