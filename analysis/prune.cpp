#include "analysis/prune.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace carryscope::analysis {
namespace {

constexpr double kClear = 1e-9;                 // logits; what doubles cannot tell refutes nothing
constexpr std::size_t kHarm = 1'000;            // pairs to order single parts by
constexpr std::uint64_t kProofs = 60;           // searches of a step, at most
constexpr double kSets = 1 << 19;               // so many sets are all looked at
constexpr std::size_t kCubes = 50, kPairs = 4;  // looked at for a counterexample, and of each

int size(Cut cut) { return std::popcount(cut); }

double binomial(int n, int k) {
  double x = 1.0;
  for (int i = 1; i <= k; ++i) x = x * (n - k + i) / i;
  return x;
}

// The next larger set of as many parts (Gosper); the first is the lowest `k` bits.
Cut next_of_size(Cut cut) {
  const Cut low = cut & (~cut + 1), ripple = cut + low;
  return ripple | (((cut ^ ripple) >> 2) / low);
}

template <class Visit>
void for_each_part(Cut cut, Visit&& visit) {
  for (; cut; cut &= cut - 1) visit(cut & (~cut + 1));
}

}  // namespace

Pruner::Pruner(const StepParts& parts, const std::vector<model::Pair>& pairs, const Prove& prove)
    : parts_(parts), prove_(prove) {
  for (const model::Pair pair : pairs) learn(pair);
  std::vector<std::pair<std::size_t, Cut>> harm;
  for_each_part(parts.all(), [&](Cut part) {
    std::size_t changed = 0;
    for (std::size_t i = 0; i < std::min(kHarm, pool_.size()); ++i)
      changed += parts.answer(pool_[i].sums, part).token != pool_[i].token;
    harm.emplace_back(changed, part);
  });
  std::ranges::sort(harm);
  for (const auto& [changed, part] : harm) by_harm_.push_back(part);
}

// Adds the pair to the pool where the whole model's answer is clear.
bool Pruner::learn(model::Pair pair) {
  StepParts::Sums sums = parts_.read(pair);
  const Written whole = parts_.answer(sums, 0);
  if (!(whole.margin > kClear)) return false;
  order_.push_back(pool_.size());
  pool_.push_back({pair, std::move(sums), whole.token});
  return true;
}

const Pruner::Known* Pruner::refutation(Cut cut) {
  for (auto i = order_.begin(); i != order_.end(); ++i) {
    const Known& known = pool_[*i];
    const Written now = parts_.answer(known.sums, cut);
    if (now.token == known.token || !(now.margin > kClear)) continue;
    std::rotate(order_.begin(), i, i + 1);
    return &known;
  }
  return nullptr;
}

bool Pruner::plausible(Cut cut) {
  if (failed_.contains(cut)) return false;
  if (!refutation(cut)) return true;
  ++result_.refuted;
  return false;
}

bool Pruner::proven(Cut cut) {
  if (cut == 0) return true;
  if (result_.proofs == kProofs) {
    doubtful_ = true;
    failed_.insert(cut);
    return false;
  }
  ++result_.proofs;
  const Changed found = prove_(cut);
  if (found.changed == 0 && found.undecided == 0) return true;
  for (std::size_t c = 0; c < std::min(kCubes, found.certain.size()); ++c) {
    const verify::Count pairs = verify::count(found.certain[c]);
    for (std::size_t i = 0; i < kPairs; ++i) {
      const model::Pair pair = verify::nth_pair(found.certain[c], pairs * i / kPairs);
      if (learn(pair) && refutation(cut)) {
        ++result_.refuted;
        return false;
      }
    }
  }
  failed_.insert(cut);
  doubtful_ = true;
  return false;
}

Cut Pruner::greedy() {
  Cut cut = 0;
  for (bool more = true; more;) {
    more = false;
    for (const Cut part : by_harm_)
      if (!(cut & part) && plausible(cut | part)) {
        cut |= part;
        more = true;
      }
  }
  return cut;
}

// Looks at every set that cuts more than `best`, the largest first; whether it could.
bool Pruner::exhaust(Cut& best) {
  const int n = size(parts_.all());
  double sets = 0.0;
  for (int k = size(best) + 1; k <= n; ++k) sets += binomial(n, k);
  if (sets > kSets) return false;
  for (int k = n; k > size(best); --k)
    for (Cut cut = (Cut{1} << k) - 1; cut <= parts_.all(); cut = next_of_size(cut))
      if (plausible(cut) && proven(cut)) {
        best = cut;
        return true;
      }
  return true;
}

// Gives one part back for two others; whether that could be done.
bool Pruner::exchange(Cut& best) {
  std::vector<Cut> kept, cut;
  for_each_part(parts_.all() & ~best, [&](Cut part) { kept.push_back(part); });
  for_each_part(best, [&](Cut part) { cut.push_back(part); });
  for (const Cut back : cut)
    for (std::size_t i = 0; i < kept.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const Cut other = (best & ~back) | kept[i] | kept[j];
        if (!plausible(other) || !proven(other)) continue;
        best = other;
        return true;
      }
  return false;
}

Pruned Pruner::run() {
  do result_.cut = greedy();
  while (!proven(result_.cut));
  const bool all = exhaust(result_.cut);
  while (!all && exchange(result_.cut)) {
  }
  result_.minimum = all && !doubtful_;
  for (std::size_t p = 0; p < parts_.parts().size(); ++p) {
    result_.needed.emplace_back();
    const Cut part = Cut{1} << p;
    if (result_.cut & part) continue;
    if (const Known* pair = refutation(result_.cut | part))
      result_.needed.back() = {pair->pair, pair->token, parts_.answer(pair->sums, result_.cut | part).token};
  }
  return result_;
}

}  // namespace carryscope::analysis
