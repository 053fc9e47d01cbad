#include "verify/hunt.h"

#include <algorithm>

#include "model/greedy.h"
#include "model/python_random.h"
#include "verify/failure_union.h"
#include "verify/query/matches.h"
#include "verify/search_all.h"

namespace carryscope::verify {

using query::Condition;
using query::Matches;

namespace {

constexpr std::size_t kMostStates = 2'000'000;
constexpr Count kMostDecoded = 100'000;
constexpr std::size_t kTries = 2'000;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

class Hunter {
 public:
  Hunter(const model::Decoder& decoder, const query::Expression& where, const HuntOptions& options)
      : decoder_(decoder),
        options_(options),
        deadline_(options.time_limit, options.interrupted),
        condition_(where, decoder.layout.digits, kMostStates),
        forward_(model::make_forward_greedy(decoder)) {}

  Hunt run() {
    search();
    const bool exactly = !condition_.of_answer() && !(condition_.of_first() && doubtful() > 0);
    for (int step = 0; step < steps_; ++step) find(step, condition_.of_first() || condition_.of_answer());
    Count candidates = 0;
    for (const Matches& part : found_) candidates += part.count();
    if (exactly) {
      hunt_.least = candidates;
      hunt_.most = candidates + unplaced();
      show(candidates);
      if (!condition_.of_first()) hunt_.all = everything();
    } else {
      bracket(candidates);
    }
    hunt_.rounding = union_->pairs().rounding;
    hunt_.seconds = deadline_.elapsed();
    return std::move(hunt_);
  }

 private:
  void search() {
    SearchAll searches(decoder_, options_.semantics, options_.threads);
    searches.run(deadline_, false, {});
    std::vector<std::vector<Leaf>> leaves;
    for (int step = 0; step < searches.steps(); ++step) {
      leaves.emplace_back();
      for (const SearchAll::Entry& e : searches.step(step))
        for (const auto& more : {e.search->leaves(), e.search->open()})
          leaves.back().insert(leaves.back().end(), more.begin(), more.end());
    }
    steps_ = searches.steps();
    union_.emplace(leaves, decoder_.layout.digits, patient_);
  }

  Count doubtful() const { return union_->pairs().undecided + union_->pairs().rounding; }
  Count unplaced() const { return union_->pairs().undecided; }

  // The matches among pairs first wrong at the step; of all steps at once where it makes no difference.
  void find(int step, bool apart) {
    if (!apart && step > 0) return;
    std::vector<bool> groups(index(steps_) + 3, false);
    for (int g = 0; g < steps_; ++g) groups[index(g)] = !apart || g == step;
    Matches matches(union_->diagram(), union_->root(), std::move(groups), condition_, decoder_.layout, step);
    if (matches.count() > 0) found_.push_back(std::move(matches));
  }

  Count everything() {
    const std::vector<bool> all(index(steps_) + 3, true);
    return Matches(union_->diagram(), union_->diagram().nothing(), all, condition_, decoder_.layout, -1)
        .count();
  }

  model::Pair at(Count rank) const {
    for (const Matches& part : found_) {
      if (rank < part.count()) return part.at(rank);
      rank -= part.count();
    }
    return {};
  }

  // What the plain forward pass makes of the pair.
  Match replay(model::Pair pair) {
    std::vector<int> tokens(index(decoder_.layout.steps()));
    forward_->decode(std::span(&pair, 1), tokens);
    Match match{pair, model::detokenise(decoder_.layout, tokens), false};
    match.holds = match.predicted != pair.a + pair.b && answers(pair, tokens);
    return match;
  }

  bool answers(model::Pair pair, const std::vector<int>& tokens) {
    const model::Layout& layout = decoder_.layout;
    std::vector<query::Letter> letters(index(layout.digits) + 1);
    const auto carries = model::carries(pair, layout.digits);
    for (int place = 0; place <= layout.digits; ++place) {
      query::Letter& l = letters[index(place)];
      const bool top = place == layout.digits;
      l.a = top ? 0 : model::digit_at(pair.a, place);
      l.b = top ? 0 : model::digit_at(pair.b, place);
      l.s = model::digit_at(pair.a + pair.b, place);
      l.out = top ? 0 : carries[index(place) + 1];
    }
    bool wrong = false;
    for (std::size_t step = 0; step < index(layout.answer_digits()); ++step) {
      query::Letter& l = letters[index(layout.answer[step].place)];
      const auto digit = std::ranges::find(layout.digit_tokens, tokens[step]);
      l.said = digit == layout.digit_tokens.end() ? query::kNoDigit
                                                  : static_cast<int>(digit - layout.digit_tokens.begin());
      l.first = !wrong && l.said != l.s;
      wrong |= l.first;
    }
    int state = condition_.start();
    for (int place = 0; place <= layout.digits; ++place)
      state = condition_.read(state, place, letters[index(place)]);
    return state == Condition::kAlways;
  }

  void show(Count candidates) {
    if (candidates == 0) return;
    if (options_.smallest) {
      std::vector<model::Pair> best;
      for (const Matches& part : found_) best.push_back(part.smallest());
      hunt_.shown.push_back(replay(*std::ranges::min_element(best, by_sum)));
    }
    const Count listed = std::min<Count>(static_cast<Count>(options_.list), candidates);
    for (Count i = 0; i < listed; ++i)
      hunt_.shown.push_back(replay(at(candidates / listed * i + candidates % listed * i / listed)));
    model::PythonRandom random(options_.seed);
    for (int i = 0; i < options_.random; ++i) hunt_.shown.push_back(replay(at(random.below(candidates))));
  }

  // Few candidates are decoded, all of them; of many, some.
  void bracket(Count candidates) {
    std::vector<model::Pair> tried;
    const bool all = candidates <= kMostDecoded;
    model::PythonRandom random(options_.seed);
    for (Count i = 0; i < (all ? candidates : Count{kTries}); ++i)
      tried.push_back(at(all ? i : random.below(candidates)));
    std::ranges::sort(tried);
    tried.erase(std::unique(tried.begin(), tried.end()), tried.end());
    std::vector<Match> holding;
    for (const model::Pair pair : tried)
      if (const Match match = replay(pair); match.holds) holding.push_back(match);
    hunt_.decoded = true;
    hunt_.least = holding.size();
    hunt_.most = (all ? hunt_.least : std::min(candidates, union_->pairs().wrong)) + unplaced();
    if (doubtful() > 0) hunt_.most = union_->pairs().wrong + unplaced();  // first wrong steps are in doubt
    hunt_.decoded = candidates > 0;
    if (options_.smallest && all && !holding.empty())
      hunt_.shown.push_back(*std::ranges::min_element(
          holding, [](const Match& x, const Match& y) { return by_sum(x.pair, y.pair); }));
    const std::size_t wanted = std::min(holding.size(), index(std::max(options_.list, options_.random)));
    for (std::size_t i = 0; i < wanted; ++i) hunt_.shown.push_back(holding[i * holding.size() / wanted]);
  }

  static bool by_sum(model::Pair x, model::Pair y) {
    return x.a + x.b != y.a + y.b ? x.a + x.b < y.a + y.b : x.a < y.a;
  }

  const model::Decoder& decoder_;
  const HuntOptions& options_;
  const Deadline deadline_, patient_{kInfinity};
  Condition condition_;
  std::unique_ptr<model::Greedy> forward_;
  int steps_ = 0;
  std::optional<FailureUnion> union_;
  std::vector<Matches> found_;
  Hunt hunt_;
};

}  // namespace

Hunt hunt(const model::Decoder& decoder, const query::Expression& where, const HuntOptions& options) {
  return Hunter(decoder, where, options).run();
}

}  // namespace carryscope::verify
