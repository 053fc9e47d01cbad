// The ledger of shards, and the threads that work on them (enumerate.h).
#include "verify/enumerate.h"

#include <algorithm>
#include <cfenv>
#include <chrono>
#include <mutex>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "model/error.h"
#include "model/greedy.h"
#include "model/parallel.h"

namespace carryscope::verify {
namespace {

using model::Decoder, model::InputError, model::Pair;

// Hands out shards and adds up what comes back; used by all threads.
class Ledger {
 public:
  Ledger(const PairDomain& domain, const EnumerateOptions& options, int digits)
      : domain_(domain),
        options_(options),
        digits_(digits),
        finished_(domain.shards()),
        first_failures_(static_cast<std::size_t>(digits) + 1) {
    progress_.pairs = domain.pairs();
    if (options.journal != nullptr) resume(*options.journal);
    progress_.resumed = progress_.done;
  }

  // A shard that nobody has; nothing once all are given out or the run is to end.
  std::optional<std::uint64_t> next() {
    const std::lock_guard lock(mutex_);
    if (stopped_ || (options_.interrupted != nullptr && *options_.interrupted)) return std::nullopt;
    while (next_ < finished_.size() && finished_[next_]) ++next_;
    return next_ < finished_.size() ? std::optional(next_++) : std::nullopt;
  }

  void finish(const Shard& shard) {
    const std::lock_guard lock(mutex_);
    if (options_.journal != nullptr) options_.journal->append(line_of(shard));
    add(shard);
    progress_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    if (options_.progress) options_.progress(progress_);
  }

  // After a failure: the others need not go on.
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }

  const EnumerateProgress& progress() const { return progress_; }
  const std::vector<std::uint64_t>& first_failures() const { return first_failures_; }
  std::vector<Pair> examples() const {
    std::vector<Pair> pairs;
    for (const Example& example : examples_) pairs.push_back(example.pair);
    return pairs;
  }

 private:
  struct Example {
    std::uint64_t shard = 0;
    std::size_t rank = 0;
    Pair pair;
    friend auto operator<=>(const Example&, const Example&) = default;
  };

  void resume(const Journal& journal) {
    for (std::size_t i = 0; i < journal.lines().size(); ++i) {
      const auto shard = shard_of(journal.lines()[i], domain_, digits_);
      if (!shard || finished_[shard->number])
        throw InputError(fmt::format(
            "{}: line {} is {}; remove the line, or the journal to begin again", journal.path(),
            journal.first_line() + static_cast<int>(i),
            shard ? fmt::format("shard {} once more", shard->number) : "no shard of this domain"));
      add(*shard);
    }
  }

  void add(const Shard& shard) {
    finished_[shard.number] = true;
    progress_.done += domain_.pairs_of(shard.number);
    for (std::size_t step = 0; step < first_failures_.size(); ++step)
      first_failures_[step] += shard.first_failures[step];
    for (std::size_t rank = 0; rank < shard.examples.size(); ++rank)
      examples_.insert({shard.number, rank, shard.examples[rank]});
    while (examples_.size() > kExamples) examples_.erase(std::prev(examples_.end()));
  }

  const PairDomain& domain_;
  const EnumerateOptions& options_;
  int digits_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::vector<bool> finished_;
  std::uint64_t next_ = 0;
  bool stopped_ = false;
  EnumerateProgress progress_;
  std::vector<std::uint64_t> first_failures_;
  std::set<Example> examples_;
};

// Gives the other ranks shards of the ledger: on the thread that joined them. After an interrupt nobody is
// waited for: the launcher sends one to all where a rank has died.
void serve(model::Ranks& ranks, const EnumerateOptions& options, const PairDomain& domain, int digits,
           Ledger& ledger) {
  ranks.serve(
      options.threads, [&] { return ledger.next(); },
      [&](const std::string& line) {
        const auto shard = shard_of(line, domain, digits);
        model::ensure(shard.has_value(), "a rank answers with a shard");
        ledger.finish(*shard);
      },
      [&] { return options.interrupted != nullptr && *options.interrupted; });
}

// Decoded once more for their answers, which shows that a journal's are wrong indeed.
std::vector<model::Failure> examples(const Decoder& decoder, const Ledger& ledger, const Journal* journal) {
  const std::vector<Pair> pairs = ledger.examples();
  if (pairs.empty()) return {};
  auto failures = model::evaluate(decoder, {{"examples", pairs}}).failures;
  if (failures.size() != pairs.size() && journal != nullptr)
    throw InputError(journal->path() + ": a pair that this journal calls wrong is not; remove the journal");
  model::ensure(failures.size() == pairs.size(), "a pair that was wrong is wrong again");
  return failures;
}

}  // namespace

std::uint64_t Enumeration::wrong() const {
  return std::accumulate(first_failures.begin(), first_failures.end(), std::uint64_t{0});
}

std::string enumerate_header(const std::string& model_sha256, const PairDomain& domain) {
  return fmt::format("carryscope enumerate 2, {} pairs a shard\nmodel {}\ndomain {}\n", kShardPairs,
                     model_sha256, domain.name());
}

Enumeration enumerate(const Decoder& decoder, const PairDomain& domain, const EnumerateOptions& options) {
  model::ensure(std::fegetround() == FE_TONEAREST, "float32 programs round to nearest");
  Enumeration result;
  const auto tables = model::DecodeTables::make(decoder, &result.slow);
  const auto greedy = tables ? nullptr : model::make_greedy(decoder);
  const auto shards = [&] { return ShardDecoder(decoder, tables.get(), greedy.get(), domain); };
  if (options.ranks != nullptr && options.ranks->rank() > 0) {
    model::in_parallel(options.threads, [&](int) {
      auto own = shards();
      options.ranks->work([&](std::uint64_t number) { return line_of(own.decode(number)); });
    });
    return result;
  }
  Ledger ledger(domain, options, decoder.layout.digits);
  const bool serves = options.ranks != nullptr && options.ranks->size() > 1;
  model::in_parallel(options.threads + serves, [&](int worker) {
    try {
      if (serves && worker == 0) return serve(*options.ranks, options, domain, decoder.layout.digits, ledger);
      auto own = shards();
      while (const auto number = ledger.next()) ledger.finish(own.decode(*number));
    } catch (...) {
      ledger.stop();
      throw;
    }
  });
  result.counted = ledger.progress();
  result.first_failures = ledger.first_failures();
  result.examples = examples(decoder, ledger, options.journal);
  return result;
}

}  // namespace carryscope::verify
