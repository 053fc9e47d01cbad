// Generates, compares, counts (evaluate.h).
#include "model/evaluate.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "model/error.h"
#include "model/greedy.h"
#include "model/parallel.h"

namespace carryscope::model {
namespace {

// Pairs are handed to threads, and their tokens kept in memory, this many at a time.
constexpr std::size_t kPortion = 4096;

struct Portion {
  std::size_t set = 0;
  std::span<const Pair> pairs;
  Score score;
  std::vector<Failure> failures;
};

std::vector<Portion> portions_of(const std::vector<PairSet>& sets) {
  std::vector<Portion> portions;
  for (std::size_t set = 0; set < sets.size(); ++set) {
    const std::span<const Pair> pairs = sets[set].pairs;
    for (std::size_t start = 0; start < pairs.size(); start += kPortion)
      portions.push_back({set, pairs.subspan(start, std::min(kPortion, pairs.size() - start)), {}, {}});
  }
  return portions;
}

// The answer slot that expects the end token; nothing if the answer has none.
std::optional<std::size_t> end_step(const Layout& layout) {
  if (!layout.end_token) return std::nullopt;
  for (std::size_t step = 0; step < layout.answer.size(); ++step)
    if (layout.answer[step].role == Role::fixed && layout.answer[step].token == *layout.end_token)
      return step;
  return std::nullopt;
}

class Marker {
 public:
  explicit Marker(const Decoder& decoder)
      : layout_(decoder.layout),
        end_(end_step(layout_)),
        truth_(layout_.prompt.size() + layout_.answer.size()) {}

  void mark(Portion& portion, Pair pair, std::span<const int> generated) {
    tokenise(layout_, pair, truth_);
    const std::span<const int> expected = std::span<const int>(truth_).subspan(layout_.prompt.size());
    const auto digits = static_cast<std::size_t>(layout_.answer_digits());
    std::size_t right = 0, first_wrong = digits;
    for (std::size_t step = digits; step-- > 0;)
      generated[step] == expected[step] ? ++right : first_wrong = step;
    Score& score = portion.score;
    ++score.total;
    score.digits += digits;
    score.digits_right += right;
    if (end_) score.ended = score.ended.value_or(0) + (generated[*end_] == *layout_.end_token);
    if (right == digits) {
      ++score.correct;
      return;
    }
    portion.failures.push_back({portion.set,
                                pair,
                                {generated.begin(), generated.end()},
                                detokenise(layout_, generated),
                                pair.a + pair.b,
                                cascade_class(pair, layout_.digits),
                                static_cast<int>(first_wrong)});
  }

 private:
  const Layout& layout_;
  std::optional<std::size_t> end_;
  std::vector<int> truth_;
};

void work(const Decoder& decoder, const Greedy& greedy, std::vector<Portion>& portions,
          std::atomic<std::size_t>& next) {
  const std::uint64_t limit = power_of_ten(decoder.layout.digits);
  const auto steps = static_cast<std::size_t>(decoder.layout.steps());
  Marker marker(decoder);
  std::vector<int> tokens;
  for (std::size_t i = next++; i < portions.size(); i = next++) {
    Portion& portion = portions[i];
    for (const Pair& pair : portion.pairs)
      ensure(pair.a < limit && pair.b < limit, "operands have no more digits than the layout");
    tokens.resize(portion.pairs.size() * steps);
    greedy.decode(portion.pairs, tokens);
    for (std::size_t p = 0; p < portion.pairs.size(); ++p)
      marker.mark(portion, portion.pairs[p], std::span<const int>(tokens).subspan(p * steps, steps));
  }
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double Score::exact_match() const { return share(correct, total); }
double Score::token_accuracy() const { return share(digits_right, digits); }

Score& Score::operator+=(const Score& other) {
  total += other.total;
  correct += other.correct;
  digits += other.digits;
  digits_right += other.digits_right;
  if (other.ended) ended = ended.value_or(0) + *other.ended;
  return *this;
}

std::string Failure::error() const {
  if (!prediction) return {};
  return *prediction >= sum ? fmt::format("{}", *prediction - sum) : fmt::format("-{}", sum - *prediction);
}

Evaluation evaluate(const Decoder& decoder, const std::vector<PairSet>& sets,
                    const EvaluateOptions& options) {
  const auto greedy = options.reference ? make_forward_greedy(decoder) : make_greedy(decoder);
  return evaluate(decoder, *greedy, sets, options.threads);
}

Evaluation evaluate(const Decoder& decoder, const Greedy& greedy, const std::vector<PairSet>& sets,
                    int threads) {
  ensure(threads >= 1, "at least one thread");
  std::vector<Portion> portions = portions_of(sets);
  std::atomic<std::size_t> next = 0;  // every portion is worked on once, by whichever thread is free
  const std::size_t wanted = std::clamp<std::size_t>(portions.size(), 1, static_cast<std::size_t>(threads));
  in_parallel(static_cast<int>(wanted), [&](int) { work(decoder, greedy, portions, next); });
  Evaluation result;
  for (const PairSet& set : sets) result.sets.push_back({set.name, {}});
  for (Portion& portion : portions) {
    result.sets[portion.set].score += portion.score;
    result.total += portion.score;
    std::ranges::move(portion.failures, std::back_inserter(result.failures));
  }
  return result;
}

}  // namespace carryscope::model
