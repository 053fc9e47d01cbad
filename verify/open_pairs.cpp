// A walk through the diagram that never enters what holds none of the groups.
#include "verify/open_pairs.h"

#include <algorithm>
#include <unordered_map>

#include "model/greedy.h"
#include "verify/carries.h"

namespace carryscope::verify {

namespace {

constexpr Count kMostPairs = 1'000'000;
constexpr std::size_t kMostNodes = 100'000, kBatch = 4096;

class Walk {
 public:
  using Ref = FailureDiagram::Ref;

  Walk(const FailureDiagram& diagram, Ref first, Ref last)
      : diagram_(diagram), all_(Cube::everything(diagram.digits())), first_(first), last_(last) {}

  // Of additions whose places below hold `low`; power is 10^place.
  void list(Ref x, int place, int carry, model::Pair low, std::uint64_t power) {
    if (!holds_some(x, place, carry)) return;
    if (place == diagram_.digits()) return found.push_back(low);
    each_letter(place, carry, [&](int a, int b, int out) {
      list(diagram_.after(x, place, carry, a, b), place + 1, out,
           {low.a + static_cast<std::uint64_t>(a) * power, low.b + static_cast<std::uint64_t>(b) * power},
           10 * power);
    });
  }

  std::vector<model::Pair> found;

 private:
  template <class Letter>
  void each_letter(int place, int carry, Letter&& letter) const {
    for_each_letter(all_, place, [&](int a, int b, int, int in, int out) {
      if (in == carry) letter(a, b, out);
    });
  }

  // Whether some addition that goes on from here is in the groups.
  bool holds_some(Ref x, int place, int carry) {
    if (place == diagram_.digits()) {
      const auto group = static_cast<Ref>(diagram_.group(x, carry));
      return first_ <= group && group <= last_;
    }
    const std::uint64_t key = (static_cast<std::uint64_t>(x) * 32 + static_cast<std::uint64_t>(place)) * 2 +
                              static_cast<std::uint64_t>(carry);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    bool some = false;
    each_letter(place, carry, [&](int a, int b, int out) {
      some = some || holds_some(diagram_.after(x, place, carry, a, b), place + 1, out);
    });
    return known_[key] = some;
  }

  const FailureDiagram& diagram_;
  Cube all_;
  Ref first_, last_;
  std::unordered_map<std::uint64_t, bool> known_;
};

}  // namespace

std::vector<model::Pair> additions_of(const FailureDiagram& diagram, FailureDiagram::Ref root,
                                      FailureDiagram::Ref first, FailureDiagram::Ref last) {
  Walk walk(diagram, first, last);
  walk.list(root, 0, 0, {0, 0}, 1);
  return std::move(walk.found);
}

std::optional<OpenPairs> ask_reference(const model::Decoder& decoder, const FailureUnion& failures) {
  const FailureDiagram& diagram = failures.diagram();
  const Count open = failures.pairs().undecided + failures.pairs().rounding;
  const auto nobody = static_cast<FailureDiagram::Ref>(diagram.groups());
  if (open == 0 || open > kMostPairs || diagram.size() > kMostNodes) return {};
  const auto within = diagram.count(failures.root(), Cube::everything(diagram.digits()));
  if (within[nobody - 2] + within[nobody - 1] != open) return {};  // some pairs have no place in it
  const auto pairs = additions_of(diagram, failures.root(), nobody - 2, nobody - 1);
  const auto greedy = model::make_greedy(decoder);
  const auto steps = static_cast<std::size_t>(decoder.layout.steps());
  std::vector<int> tokens(kBatch * steps);
  OpenPairs asked;
  for (std::size_t from = 0; from < pairs.size(); from += kBatch) {
    const auto batch = std::span(pairs).subspan(from, std::min(kBatch, pairs.size() - from));
    greedy->decode(batch, std::span(tokens).first(batch.size() * steps));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto answer = model::detokenise(decoder.layout, std::span(tokens).subspan(i * steps, steps));
      ++(answer == batch[i].a + batch[i].b ? asked.correct : asked.wrong);
    }
  }
  return asked;
}

}  // namespace carryscope::verify
