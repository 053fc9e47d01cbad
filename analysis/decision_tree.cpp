#include "analysis/decision_tree.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace carryscope::analysis {
namespace {

constexpr double kWorth = 0.005;  // a test lowers the impurity by this share of all rows, at least
constexpr std::size_t kMostLeaves = 16;

using Rows = std::vector<std::size_t>;
using Histogram = std::vector<double>;  // [class]

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// n (1 - sum p^2)
double impurity(const Histogram& h) {
  const double n = std::accumulate(h.begin(), h.end(), 0.0);
  double squares = 0.0;
  for (const double c : h) squares += c * c;
  return n > 0 ? n - squares / n : 0.0;
}

struct Split {
  int feature = -1, threshold = 0;
  double gain = 0.0;
};

class Learner {
 public:
  Learner(const std::vector<std::vector<int>>& rows, const std::vector<int>& label, int classes)
      : rows_(rows), label_(label), classes_(index(classes)) {
    Rows all(rows.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    add_leaf(std::move(all));
    while (leaves_.size() < kMostLeaves && grow()) {
    }
  }
  DecisionTree take() { return std::move(tree_); }

 private:
  struct Leaf {
    std::size_t node;
    Rows rows;
    Split best;
  };

  Histogram histogram(const Rows& rows) const {
    Histogram h(classes_);
    for (const std::size_t i : rows) ++h[index(label_[i])];
    return h;
  }

  std::size_t add_leaf(Rows rows) {
    const Histogram h = histogram(rows);
    DecisionTree::Node node;
    node.label = static_cast<int>(std::ranges::max_element(h) - h.begin());
    tree_.nodes.push_back(node);
    const Split best = best_split(rows, h);
    leaves_.push_back({tree_.nodes.size() - 1, std::move(rows), best});
    return tree_.nodes.size() - 1;
  }

  Split best_split(const Rows& rows, const Histogram& all) const {
    Split best;
    for (std::size_t f = 0; f < rows_[0].size(); ++f) {
      std::map<int, Histogram> by_value;
      for (const std::size_t i : rows) {
        Histogram& h = by_value.try_emplace(rows_[i][f], classes_).first->second;
        ++h[index(label_[i])];
      }
      Histogram below(classes_), above = all;
      for (auto value = by_value.begin(); std::next(value) != by_value.end(); ++value) {
        for (std::size_t c = 0; c < classes_; ++c) {
          below[c] += value->second[c];
          above[c] -= value->second[c];
        }
        const double gain = impurity(all) - impurity(below) - impurity(above);
        // Half-way between two values that occur.
        const int middle = value->first + (std::next(value)->first - value->first + 1) / 2;
        if (gain > best.gain + 1e-9) best = {static_cast<int>(f), middle, gain};
      }
    }
    return best;
  }

  bool grow() {
    const auto leaf = std::ranges::max_element(leaves_, {}, [](const Leaf& l) { return l.best.gain; });
    if (!(leaf->best.gain > kWorth * static_cast<double>(rows_.size()))) return false;
    const Leaf old = std::move(*leaf);
    leaves_.erase(leaf);
    Rows yes, no;
    for (const std::size_t i : old.rows)
      (rows_[i][index(old.best.feature)] >= old.best.threshold ? yes : no).push_back(i);
    const std::size_t to_yes = add_leaf(std::move(yes)), to_no = add_leaf(std::move(no));
    DecisionTree::Node& node = tree_.nodes[old.node];
    node.feature = old.best.feature;
    node.threshold = old.best.threshold;
    node.yes = to_yes;
    node.no = to_no;
    return true;
  }

  const std::vector<std::vector<int>>& rows_;
  const std::vector<int>& label_;
  std::size_t classes_;
  DecisionTree tree_;
  std::vector<Leaf> leaves_;
};

}  // namespace

int DecisionTree::operator()(const std::vector<int>& row) const {
  std::size_t at = 0;
  while (nodes[at].feature >= 0)
    at = row[index(nodes[at].feature)] >= nodes[at].threshold ? nodes[at].yes : nodes[at].no;
  return nodes[at].label;
}

DecisionTree learn(const std::vector<std::vector<int>>& rows, const std::vector<int>& label, int classes) {
  return Learner(rows, label, classes).take();
}

}  // namespace carryscope::analysis
