// enumerate: decodes every pair of a domain and counts the wrong ones. Nothing is proven about other
// pairs, or other orders of summation: what is counted is our own float32 program (float64 where the
// decoder says so) on each pair: model/block_decoder.h, or model/greedy.h where that does not take the model.
//
// The domain is cut into shards of numbered pairs; threads take shards, their counts are added up. So
// neither threads, processes nor interruptions change a count: finished shards can be kept in a journal, and
// a later run of the same model and domain skips them.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "model/evaluate.h"
#include "model/ranks.h"
#include "verify/journal.h"
#include "verify/shard_decoder.h"

namespace carryscope::verify {

struct EnumerateProgress {
  std::uint64_t pairs = 0, done = 0, resumed = 0;  // of the domain; of those decoded; of those in the journal
  double seconds = 0.0;
};

struct EnumerateOptions {
  int threads = 1;                                           // >= 1, of each process
  model::Ranks* ranks = nullptr;                             // the processes that share the work
  Journal* journal = nullptr;                                // with enumerate_header's header
  const std::atomic<bool>* interrupted = nullptr;            // set it to stop with the shards finished so far
  std::function<void(const EnumerateProgress&)> progress{};  // after each shard, one thread at a time
};

struct Enumeration {
  std::string slow;                           // why no block decoder took the model; empty where one did
  EnumerateProgress counted;                  // done < pairs where it was interrupted
  std::vector<std::uint64_t> first_failures;  // [step]: wrong pairs by their first wrong answer digit
  std::vector<model::Failure> examples;       // the first wrong pairs of the domain, at most kExamples

  bool complete() const { return counted.done == counted.pairs; }
  std::uint64_t wrong() const;
};

// What a journal must begin with: the format, the model's sha256 and the domain.
std::string enumerate_header(const std::string& model_sha256, const PairDomain& domain);

// The domain is of the decoder's digits; the decoder is valid. Of several ranks each calls this; rank 0 gets
// the counts and has the journal, the others get nothing. Throws InputError where the journal's lines are not
// those of this domain.
Enumeration enumerate(const model::Decoder& decoder, const PairDomain& domain,
                      const EnumerateOptions& options = {});

}  // namespace carryscope::verify
