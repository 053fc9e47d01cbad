#include "analysis/thresholds.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace carryscope::analysis {
namespace {

// Classes that occur, by their mean value.
std::vector<int> by_mean(const std::vector<double>& value, const std::vector<int>& label, int classes) {
  std::vector<double> sum(static_cast<std::size_t>(classes)), count(sum.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    sum[static_cast<std::size_t>(label[i])] += value[i];
    count[static_cast<std::size_t>(label[i])] += 1.0;
  }
  std::vector<int> order;
  for (int c = 0; c < classes; ++c)
    if (count[static_cast<std::size_t>(c)] > 0) order.push_back(c);
  std::ranges::stable_sort(order, {}, [&](int c) {
    return sum[static_cast<std::size_t>(c)] / count[static_cast<std::size_t>(c)];
  });
  return order;
}

// So far, with the last value in the k-th interval.
struct Prefix {
  std::size_t right = 0;
  std::vector<double> cuts;
};

}  // namespace

Division divide(const std::vector<double>& value, const std::vector<int>& label, int classes) {
  Division out;
  out.order = by_mean(value, label, classes);
  std::vector<std::size_t> sorted(value.size());
  std::iota(sorted.begin(), sorted.end(), std::size_t{0});
  std::ranges::sort(sorted, {}, [&](std::size_t i) { return value[i]; });
  std::vector<Prefix> best(out.order.size());
  for (std::size_t k = 0; k < best.size(); ++k)
    best[k].cuts.assign(k, -std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < sorted.size();) {
    const double x = value[sorted[i]];
    std::vector<std::size_t> gain(static_cast<std::size_t>(classes));
    for (; i < sorted.size() && value[sorted[i]] == x; ++i)
      ++gain[static_cast<std::size_t>(label[sorted[i]])];
    for (std::size_t k = 1; k < best.size(); ++k)
      if (best[k - 1].right > best[k].right) {
        best[k] = best[k - 1];
        best[k].cuts.push_back(x);
      }
    for (std::size_t k = 0; k < best.size(); ++k)
      best[k].right += gain[static_cast<std::size_t>(out.order[k])];
  }
  const auto winner = std::ranges::max_element(best, {}, &Prefix::right);
  out.right = winner->right;
  out.thresholds = winner->cuts;
  out.thresholds.resize(out.order.size() - 1, std::numeric_limits<double>::infinity());
  return out;
}

int class_of(const Division& division, double value) {
  std::size_t k = 0;
  while (k < division.thresholds.size() && value >= division.thresholds[k]) ++k;
  return division.order[k];
}

}  // namespace carryscope::analysis
