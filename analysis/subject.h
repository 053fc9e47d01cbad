// Subject: the model that is explained, with what several analyses need of it, each made once, when first
// asked for. Used by one thread at a time; what an analysis does with `threads` of its own is its affair.
#pragma once

#include <atomic>
#include <memory>

#include "analysis/answers.h"
#include "model/attention_table.h"
#include "model/checkpoint/checkpoint.h"
#include "model/greedy.h"
#include "model/pairs.h"
#include "verify/certify.h"

namespace carryscope::analysis {

struct Options {
  int threads = 1;                                 // changes the time and nothing else
  double time_limit = 60;                          // seconds, of each search that may not end by itself
  int samples = 10'000;                            // pairs behind each sampled mean
  std::uint64_t seed = 0;                          // of all sampling
  const std::atomic<bool>* interrupted = nullptr;  // set it to end searches with what is proven so far
};

class Subject {
 public:
  explicit Subject(model::Checkpoint checkpoint, Options options = {});

  const model::Checkpoint& checkpoint() const { return checkpoint_; }
  const model::Decoder& decoder() const { return checkpoint_.decoder; }
  const Options& options() const { return options_; }

  // The first pairs of the sample that all of its analyses draw from: uniform, by the options' seed.
  std::vector<model::Pair> sample(std::size_t count) const;

  // In doubles, rounded to nearest. Throws InputError unless the decoder has one layer with attention.
  const model::AttentionTable<double>& table() const;
  // Greedy decoding as eval does it; any depth.
  const model::Greedy& greedy() const;
  // The exact counts under real semantics, with up to 1,000 regions and the smallest margin. Throws
  // InputError where no engine can handle the model.
  const verify::Certification& certification() const;
  // All that the answer digits read, enclosed; and where they do not write the true digit. Both throw
  // InputError as the certification does.
  const Network& network() const;
  const std::vector<Exceptions>& exceptions() const;

 private:
  model::Checkpoint checkpoint_;
  Options options_;
  mutable std::unique_ptr<model::AttentionTable<double>> table_;
  mutable std::unique_ptr<model::Greedy> greedy_;
  mutable std::unique_ptr<verify::Certification> certification_;
  mutable std::unique_ptr<Network> network_;
  mutable std::unique_ptr<std::vector<Exceptions>> exceptions_;
};

}  // namespace carryscope::analysis
