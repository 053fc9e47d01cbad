// A shard in the journal is a line of numbers: the shard's, its wrong pairs by first wrong step (step 0
// first), then a and b of its first wrong pairs, at most kExamples.
#include "verify/enumerate.h"

#include <algorithm>
#include <cfenv>
#include <charconv>
#include <chrono>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/error.h"
#include "model/greedy.h"
#include "model/parallel.h"

namespace carryscope::verify {
namespace {

using model::Decoder, model::InputError, model::Pair;

struct Shard {
  std::uint64_t number = 0;
  std::vector<std::uint64_t> first_failures;  // [step]
  std::vector<Pair> examples;

  std::uint64_t wrong() const {
    return std::accumulate(first_failures.begin(), first_failures.end(), std::uint64_t{0});
  }
};

std::uint64_t pairs_of(const PairDomain& domain, std::uint64_t shard) {
  return std::min(kShardPairs, domain.pairs() - shard * kShardPairs);
}

Shard decode(const Decoder& decoder, const model::Greedy& greedy, const PairDomain& domain,
             std::uint64_t number) {
  const auto result = model::evaluate(decoder, greedy, {{"", domain.shard(number)}});
  Shard shard{
      number, std::vector<std::uint64_t>(static_cast<std::size_t>(decoder.layout.answer_digits())), {}};
  for (const model::Failure& failure : result.failures) {
    ++shard.first_failures[static_cast<std::size_t>(failure.first_wrong_step)];
    if (shard.examples.size() < kExamples) shard.examples.push_back(failure.pair);
  }
  return shard;
}

std::string line_of(const Shard& shard) {
  std::string line = fmt::format("{} {}", shard.number, fmt::join(shard.first_failures, " "));
  for (const Pair& pair : shard.examples) line += fmt::format(" {} {}", pair.a, pair.b);
  return line;
}

// Decimal numbers with one space between; nothing if there is anything else.
std::optional<std::vector<std::uint64_t>> numbers(const std::string& line) {
  std::vector<std::uint64_t> result;
  const char* at = line.data();
  const char* const end = at + line.size();
  while (true) {
    const auto [stop, problem] = std::from_chars(at, end, result.emplace_back());
    if (problem != std::errc{} || (stop != end && *stop != ' ')) return std::nullopt;
    if (stop == end) return result;
    at = stop + 1;
  }
}

// Nothing if the line is no shard of this domain.
std::optional<Shard> shard_of(const std::string& line, const PairDomain& domain, std::size_t steps) {
  const auto values = numbers(line);
  if (!values || values->size() < 1 + steps || (values->size() - 1 - steps) % 2 != 0) return std::nullopt;
  const auto counts = values->begin() + 1;
  const auto pairs = counts + static_cast<std::ptrdiff_t>(steps);
  Shard shard{values->front(), {counts, pairs}, {}};
  if (shard.number >= domain.shards()) return std::nullopt;
  const std::uint64_t size = pairs_of(domain, shard.number), limit = model::power_of_ten(domain.digits);
  if (std::ranges::any_of(shard.first_failures, [&](std::uint64_t n) { return n > size; }))
    return std::nullopt;
  for (auto at = pairs; at != values->end(); at += 2) {
    if (at[0] >= limit || at[1] >= limit) return std::nullopt;
    shard.examples.push_back({at[0], at[1]});
  }
  const std::uint64_t wrong = shard.wrong();
  if (wrong > size || shard.examples.size() != std::min<std::uint64_t>(wrong, kExamples)) return std::nullopt;
  return shard;
}

// Hands out shards and adds up what comes back; used by all threads.
class Ledger {
 public:
  Ledger(const PairDomain& domain, const EnumerateOptions& options, std::size_t steps)
      : domain_(domain), options_(options), finished_(domain.shards()), first_failures_(steps) {
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
      const auto shard = shard_of(journal.lines()[i], domain_, first_failures_.size());
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
    progress_.done += pairs_of(domain_, shard.number);
    for (std::size_t step = 0; step < first_failures_.size(); ++step)
      first_failures_[step] += shard.first_failures[step];
    for (std::size_t rank = 0; rank < shard.examples.size(); ++rank)
      examples_.insert({shard.number, rank, shard.examples[rank]});
    while (examples_.size() > kExamples) examples_.erase(std::prev(examples_.end()));
  }

  const PairDomain& domain_;
  const EnumerateOptions& options_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::vector<bool> finished_;
  std::uint64_t next_ = 0;
  bool stopped_ = false;
  EnumerateProgress progress_;
  std::vector<std::uint64_t> first_failures_;
  std::set<Example> examples_;
};

// Decoded once more for their answers, which shows that a journal's are wrong indeed.
std::vector<model::Failure> examples(const Decoder& decoder, const model::Greedy& greedy,
                                     const Ledger& ledger, const Journal* journal) {
  const std::vector<Pair> pairs = ledger.examples();
  auto failures = model::evaluate(decoder, greedy, {{"examples", pairs}}).failures;
  if (failures.size() != pairs.size() && journal != nullptr)
    throw InputError(journal->path() + ": a pair that this journal calls wrong is not; remove the journal");
  model::ensure(failures.size() == pairs.size(), "a pair that was wrong is wrong again");
  return failures;
}

}  // namespace

std::uint64_t PairDomain::pairs() const { return random > 0 ? random : model::power_of_ten(2 * digits); }

std::uint64_t PairDomain::shards() const { return (pairs() + kShardPairs - 1) / kShardPairs; }

std::vector<Pair> PairDomain::shard(std::uint64_t number) const {
  const std::uint64_t size = pairs_of(*this, number);
  if (random > 0) return model::uniform_pairs(size, (std::uint64_t{seed} << 32) + number, digits).pairs;
  const std::uint64_t limit = model::power_of_ten(digits), first = number * kShardPairs;
  std::vector<Pair> result;
  result.reserve(size);
  for (std::uint64_t i = first; i < first + size; ++i) result.push_back({i / limit, i % limit});
  return result;
}

std::string PairDomain::name() const {
  return random > 0 ? fmt::format("digits {} random {} seed {}", digits, random, seed)
                    : fmt::format("digits {}", digits);
}

std::uint64_t Enumeration::wrong() const {
  return std::accumulate(first_failures.begin(), first_failures.end(), std::uint64_t{0});
}

std::string enumerate_header(const std::string& model_sha256, const PairDomain& domain) {
  return fmt::format("carryscope enumerate 1, {} pairs a shard\nmodel {}\ndomain {}\n", kShardPairs,
                     model_sha256, domain.name());
}

Enumeration enumerate(const Decoder& decoder, const PairDomain& domain, const EnumerateOptions& options) {
  model::ensure(domain.digits >= 1 && domain.digits <= decoder.layout.digits, "operands fit the layout");
  model::ensure(domain.random > 0 || domain.digits <= 9, "the number of pairs fits in 64 bits");
  model::ensure(std::fegetround() == FE_TONEAREST, "float32 programs round to nearest");
  const auto greedy = model::make_greedy(decoder);
  Ledger ledger(domain, options, static_cast<std::size_t>(decoder.layout.answer_digits()));
  model::in_parallel(options.threads, [&](int) {
    try {
      while (const auto number = ledger.next()) ledger.finish(decode(decoder, *greedy, domain, *number));
    } catch (...) {
      ledger.stop();
      throw;
    }
  });
  return {ledger.progress(), ledger.first_failures(), examples(decoder, *greedy, ledger, options.journal)};
}

}  // namespace carryscope::verify
